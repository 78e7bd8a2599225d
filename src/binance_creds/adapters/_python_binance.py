"""The code behind `python_binance`; it needs the SDK."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from inspect import signature
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import binance

from binance_creds._enums import Environment
from binance_creds._loopback import bypass_proxies, is_loopback_url
from binance_creds.adapters._binance_signing import OVERRIDDEN, Signing, moved_urls
from binance_creds.adapters._rest import API_KEY_HEADER, check_target, drop_key
from binance_creds.errors import ConfigurationError, ProviderNotInstalledError

if not hasattr(binance, "AsyncClient"):  # binance-connector installs a package of the same name
    _msg = "the installed package 'binance' is not python-binance."
    raise ProviderNotInstalledError(
        _msg, hint="Uninstall binance-connector; run: pip install 'binance-creds[python-binance]'"
    )

import websockets  # python-binance brings it
from binance.async_client import AsyncClient  # after the check of what it is
from binance.client import Client  # as above
from requests.auth import AuthBase  # python-binance brings it
from yarl import URL  # aiohttp brings it

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest

    from binance_creds._credentials import CredentialsHandle

__all__ = ["async_client", "client"]

# Before version 15 websockets asks no proxy, and takes no such argument.
_NO_PROXY: Final = {
    name: None for name in ("proxy",) if name in signature(websockets.connect).parameters
}
_OURS: Final = ("api_key", "api_secret", "private_key", "private_key_pass")


def client(
    credentials: CredentialsHandle, *, base_url: str | None = None, **options: Any
) -> Client:
    """Return a `binance.Client` that signs with these credentials. Pings, as the original does.

    Args:
        credentials: credentials, or a handle that has them; sealed ones are fine.
        base_url: instead of the environment's addresses, such as `http://127.0.0.1:8080`; all of
            them move there, futures and WebSocket API too.
        options: of `binance.Client`, such as `requests_params`; `testnet` and `demo` follow the
            credentials' environment.

    Raises:
        ConfigurationError: an option contradicts the credentials, or this version of
            python-binance has another shape.
    """
    kind = _kind(_SyncClient, base_url)
    created: Client = kind(credentials, **_checked(credentials, options))
    return created


async def async_client(
    credentials: CredentialsHandle, *, base_url: str | None = None, **options: Any
) -> AsyncClient:
    """Return a `binance.AsyncClient` that signs with these credentials.

    Pings and measures the clock's offset, as `AsyncClient.create` does. Arguments and errors are
    those of `client`. Close it with `await client.close_connection()`.
    """
    kind = _kind(_TaskClient, base_url)
    with _handed_over(credentials):
        created: AsyncClient = await kind.create(**_checked(credentials, options))
    return created


_handle_for_create: ContextVar[CredentialsHandle | None] = ContextVar(
    "binance_creds_handle", default=None
)


@contextmanager
def _handed_over(credentials: CredentialsHandle) -> Iterator[None]:
    """Reach the constructor that `AsyncClient.create` calls with arguments of its own."""
    token = _handle_for_create.set(credentials)
    try:
        yield
    finally:
        _handle_for_create.reset(token)


class _HeaderAuth(AuthBase):
    """Add the API key to a request of the session while it is under way."""

    def __init__(self, owner: Signing) -> None:
        self._owner = owner

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self._owner._add_key(request.headers, request.url or "")  # noqa: SLF001  # its other half
        request.register_hook("response", drop_key)
        return request


class _SyncClient(Signing, Client):  # type: ignore[misc]  # API_KEY is a property here
    def __init__(self, credentials: CredentialsHandle, **options: Any) -> None:
        self._adopt(credentials)
        super().__init__(**options)
        _connect_directly(self.ws_api, self.ws_future)

    def _init_session(self) -> Any:
        session = super()._init_session()
        bypass_proxies(session)
        session.auth = _HeaderAuth(self)
        return session

    def _request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Any:
        with self._one_snapshot(uri):
            return super()._request(method, uri, *args, **kwargs)


class _TaskClient(Signing, AsyncClient):  # type: ignore[misc]  # API_KEY is a property here
    def __init__(self, *args: Any, **options: Any) -> None:
        handle = _handle_for_create.get()
        if handle is None:
            msg = "build this client with binance_creds.adapters.python_binance.async_client()."
            raise ConfigurationError(msg)
        self._adopt(handle)
        super().__init__(*args, **options)
        _connect_directly(self.ws_api, self.ws_future)

    def _init_session(self) -> Any:
        async def add_key(request: Any, send: Any) -> Any:
            if is_loopback_url(str(request.url)):  # pragma: no branch  # tests reach no other host
                request.update_proxy(None, None, None)
            self._add_key(request.headers, str(request.url))
            try:
                return await send(request)
            finally:  # the response carries these headers along, and python-binance keeps it
                request.headers.pop(API_KEY_HEADER, None)

        given = self._session_params.get("middlewares", ())
        self._session_params = {**self._session_params, "middlewares": (*given, add_key)}
        return super()._init_session()

    def _signed_params(self, method: str, text: str) -> str | list[tuple[str, str]]:
        if method == "get":  # goes into the address as it is
            return self._signed(method, text)
        pairs = parse_qsl(text, keep_blank_values=True)
        # aiohttp encodes what it gets as parameters, in a way of its own: signed is its text.
        sent = URL().with_query(pairs).raw_query_string
        return [*pairs, ("signature", self._snapshot().sign(sent.encode()))]

    async def _request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Any:
        with self._one_snapshot(uri):
            return await super()._request(method, uri, *args, **kwargs)


def _connect_directly(*sockets: Any) -> None:
    """Let WebSocket APIs on this machine be reached past every proxy."""
    for one in sockets:
        if is_loopback_url(one._url):  # noqa: SLF001  # python-binance tells it in no other way
            one._https_proxy = None  # noqa: SLF001  # as above
            one._ws_kwargs |= _NO_PROXY  # noqa: SLF001  # as above


def _kind(base: Any, base_url: str | None) -> Any:
    """Return the class to build: refused if python-binance has changed, moved to `base_url`."""
    clients = (Client, AsyncClient)
    missing = [name for name in OVERRIDDEN if not all(hasattr(kind, name) for kind in clients)]
    if missing:
        msg = f"this version of python-binance has no {', '.join(missing)}."
        raise ConfigurationError(msg, hint="Install python-binance 1.0.37.")
    if base_url is None:
        return base
    check_target(base_url)
    return type(base.__name__, (base,), moved_urls(base, base_url))


def _checked(credentials: CredentialsHandle, options: dict[str, Any]) -> dict[str, Any]:
    environment = credentials.current.environment
    clash = [name for name in _OURS if options.get(name) is not None]
    if clash:
        msg = f"{clash[0]} comes from the credentials."
        raise ConfigurationError(msg, hint="Leave it out.")
    wanted = {
        "testnet": environment is Environment.TESTNET,
        "demo": environment is Environment.DEMO,
    }
    for name, value in wanted.items():
        if options.get(name, value) is not value:
            msg = f"{name}={not value} contradicts the credentials of {environment.value}."
            raise ConfigurationError(msg, hint="Load the credentials of that environment.")
    return {**options, **wanted}
