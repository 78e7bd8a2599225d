"""python-binance: real `Client` and `AsyncClient` objects that never hold the secret.

    client = python_binance.client(load_credentials())
    client.get_account()

Written against python-binance 1.0.37. Its clients keep key, secret and header apart, so a swap of
attributes can pair an old header with a new signature. Here every request takes both from one
snapshot, and the secret stays where it was.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import Environment, KeyType
from binance_creds.adapters._installed import require
from binance_creds.adapters._rest import API_KEY_HEADER, check_target
from binance_creds.errors import ConfigurationError, ProviderNotInstalledError

require("binance", extra="python-binance")

import binance  # noqa: E402  # after the check that it is there

if not hasattr(binance, "AsyncClient"):  # binance-connector installs a package of the same name
    _msg = "the installed package 'binance' is not python-binance."
    raise ProviderNotInstalledError(
        _msg, hint="Uninstall binance-connector; run: pip install 'binance-creds[python-binance]'"
    )

from binance.async_client import AsyncClient  # noqa: E402
from binance.client import Client  # noqa: E402
from requests.auth import AuthBase  # noqa: E402  # python-binance brings it

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest

    from binance_creds._credentials import Credentials, CredentialsHandle

__all__ = ["async_client", "client"]

_OVERRIDDEN: Final = (
    "_ed25519_signature", "_get_headers", "_hmac_signature", "_init_session", "_request",
    "_rsa_signature", "_sign_ws_params",
)  # fmt: skip
_OURS: Final = ("api_key", "api_secret", "private_key", "private_key_pass")

_request_snapshot: ContextVar[tuple[object, Credentials] | None] = ContextVar(
    "binance_creds_request_snapshot", default=None
)


def client(
    credentials: CredentialsHandle, *, base_url: str | None = None, **options: Any
) -> Client:
    """Return a `binance.Client` that signs with these credentials. Pings, as the original does.

    Args:
        credentials: credentials, or a handle that has them; sealed ones are fine.
        base_url: instead of the environment's address, such as `http://127.0.0.1:8080`.
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


class _Signing:
    """What both clients override: where the key comes from, and who signs."""

    _credentials: CredentialsHandle
    _environment: Environment

    def _adopt(self, credentials: CredentialsHandle) -> None:
        self._credentials = credentials
        self._environment = credentials.current.environment

    def _snapshot(self) -> Credentials:
        """Return the snapshot of the request under way, or a new one."""
        held = _request_snapshot.get()
        if held is not None and held[0] is self:
            return held[1]
        current = self._credentials.current
        if current.environment is not self._environment:
            msg = (
                f"this client trades in {self._environment.value}, and its credentials now belong"
                f" to {current.environment.value}."
            )
            raise ConfigurationError(msg, hint="Build a new client.")
        return current

    @contextmanager
    def _one_snapshot(self) -> Iterator[None]:
        token = _request_snapshot.set((self, self._snapshot()))
        try:
            yield
        finally:
            _request_snapshot.reset(token)

    @property
    def API_KEY(self) -> str:  # noqa: N802  # python-binance's name
        """The API key of the snapshot; nothing stores it."""
        return self._snapshot().api_key.reveal()

    @API_KEY.setter
    def API_KEY(self, value: None) -> None:  # noqa: N802
        """Take the assignment of python-binance's constructor."""

    @property
    def PRIVATE_KEY(self) -> bool:  # noqa: N802  # python-binance asks only whether there is one
        """Whether signatures are base64 and bodies must be encoded before signing."""
        return self._snapshot().key_type is not KeyType.HMAC

    @PRIVATE_KEY.setter
    def PRIVATE_KEY(self, value: None) -> None:  # noqa: N802
        """Take the assignment of python-binance's constructor."""

    def _get_headers(self) -> dict[str, str]:
        headers: dict[str, str] = super()._get_headers()  # type: ignore[misc]  # of the client
        headers.pop(API_KEY_HEADER, None)
        return headers

    def _hmac_signature(self, query_string: str) -> str:
        return self._snapshot().sign(query_string.encode())

    _rsa_signature = _hmac_signature
    _ed25519_signature = _hmac_signature

    def _sign_ws_params(self, params: Any, signature_func: Any) -> Any:
        with self._one_snapshot():
            return super()._sign_ws_params(params, signature_func)  # type: ignore[misc]


class _HeaderAuth(AuthBase):
    """Add the API key to a request of the session, from the snapshot of that request."""

    def __init__(self, owner: _Signing) -> None:
        self._owner = owner

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[API_KEY_HEADER] = self._owner.API_KEY
        return request


class _SyncClient(_Signing, Client):  # type: ignore[misc]  # API_KEY is a property here
    def __init__(self, credentials: CredentialsHandle, **options: Any) -> None:
        self._adopt(credentials)
        super().__init__(**options)

    def _init_session(self) -> Any:
        session = super()._init_session()
        session.auth = _HeaderAuth(self)
        return session

    def _request(self, *args: Any, **kwargs: Any) -> Any:
        with self._one_snapshot():
            return super()._request(*args, **kwargs)


class _TaskClient(_Signing, AsyncClient):  # type: ignore[misc]  # API_KEY is a property here
    def __init__(self, *args: Any, **options: Any) -> None:
        handle = _handle_for_create.get()
        if handle is None:
            msg = "build this client with binance_creds.adapters.python_binance.async_client()."
            raise ConfigurationError(msg)
        self._adopt(handle)
        super().__init__(*args, **options)

    def _init_session(self) -> Any:
        async def add_key(request: Any, send: Any) -> Any:
            request.headers[API_KEY_HEADER] = self.API_KEY
            return await send(request)

        given = self._session_params.get("middlewares", ())
        self._session_params = {**self._session_params, "middlewares": (*given, add_key)}
        return super()._init_session()

    async def _request(self, *args: Any, **kwargs: Any) -> Any:
        with self._one_snapshot():
            return await super()._request(*args, **kwargs)


def _kind(base: Any, base_url: str | None) -> Any:
    """Return the class to build: refused if python-binance has changed, moved to `base_url`."""
    missing = [name for name in _OVERRIDDEN if not hasattr(Client, name)]
    if missing:
        msg = f"this version of python-binance has no {', '.join(missing)}."
        raise ConfigurationError(msg, hint="Install python-binance 1.0.37.")
    if base_url is None:
        return base
    check_target(base_url)
    api, sapi = f"{base_url.rstrip('/')}/api", f"{base_url.rstrip('/')}/sapi"
    moved = dict.fromkeys(("API_URL", "API_TESTNET_URL", "API_DEMO_URL"), api)
    return type(base.__name__, (base,), {**moved, "MARGIN_API_URL": sapi})


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
