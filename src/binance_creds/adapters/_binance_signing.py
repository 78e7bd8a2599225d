"""What the two python-binance clients override: whose key a request has, and who signs it.

Knows the names of python-binance and does not import it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from binance_creds.adapters._rest import API_KEY_HEADER
from binance_creds.adapters._websocket import signed_parameters
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from binance_creds._credentials import Credentials, CredentialsHandle
    from binance_creds._enums import Environment

    Origin = tuple[str, str | None, int | None]

__all__ = ["OVERRIDDEN", "Signing", "moved_urls"]

# What python-binance must have for the overrides to be reached.
OVERRIDDEN: Final = ("_generate_signature", "_get_headers", "_get_request_kwargs", "_init_session",
                     "_order_params", "_request", "_sign_ws_params")  # fmt: skip
_PORTS: Final = {"http": 80, "https": 443}
# python-binance encodes the symbol when it builds the query, and takes the other one out.
_NOT_OURS: Final = ("symbol", "requests_params")
# JSON lists that its methods encode before they pass them on.
_ENCODED_EARLY: Final = ("batchOrders", "orderidlist", "origclientorderidlist")


class _Underway(NamedTuple):
    client: object
    snapshot: Credentials
    origin: Origin


_underway: ContextVar[_Underway | None] = ContextVar("binance_creds_request", default=None)


class Signing:
    """Take key and signature of each request from one snapshot."""

    timestamp_offset: int
    _credentials: CredentialsHandle
    _environment: Environment

    def _adopt(self, credentials: CredentialsHandle) -> None:
        self._credentials = credentials
        self._environment = credentials.current.environment

    def _fresh(self) -> Credentials:
        current = self._credentials.current
        if current.environment is not self._environment:
            msg = (
                f"this client trades in {self._environment.value}, and its credentials now belong"
                f" to {current.environment.value}."
            )
            raise ConfigurationError(msg, hint="Build a new client.")
        return current

    def _held(self) -> _Underway | None:
        """Return the request of this client that this thread or task is making."""
        held = _underway.get()
        return held if held is not None and held.client is self else None

    def _snapshot(self) -> Credentials:
        """Return the snapshot of the request under way, or a new one."""
        held = self._held()
        return self._fresh() if held is None else held.snapshot

    @contextmanager
    def _one_snapshot(self, uri: str) -> Iterator[None]:
        """Make a request with one snapshot, also where its client repeats it."""
        token = _underway.set(_Underway(self, self._fresh(), _origin(uri)))
        try:
            yield
        finally:
            _underway.reset(token)

    def _add_key(self, headers: MutableMapping[str, Any], url: str) -> None:
        """Add the key to a request of this client, but not to where a redirect leads."""
        held = self._held()
        if held is not None and held.origin == _origin(url):
            headers[API_KEY_HEADER] = held.snapshot.api_key.reveal()

    @property
    def API_KEY(self) -> str:  # noqa: N802  # python-binance's name
        """The API key of the snapshot; nothing stores it."""
        return self._snapshot().api_key.reveal()

    @API_KEY.setter
    def API_KEY(self, value: None) -> None:  # noqa: N802  # as above
        """Take the assignment of python-binance's constructor."""

    def _get_headers(self) -> dict[str, str]:
        headers: dict[str, str] = super()._get_headers()  # type: ignore[misc]  # of the client
        headers.pop(API_KEY_HEADER, None)
        return headers

    def _get_request_kwargs(
        self, method: str, signed: bool, force_params: bool, **kwargs: Any
    ) -> dict[str, Any]:
        """Sign what is sent: python-binance signs first and encodes afterwards.

        Since 2026-01-15 that ends as -1022 where a value has a reserved or non-ASCII character.
        """
        if signed:
            in_query = method == "get" or force_params
            kwargs["data"] = _prepared(kwargs["data"], in_query=in_query)
        built: dict[str, Any] = super()._get_request_kwargs(  # type: ignore[misc]  # as above
            method, signed, force_params, **kwargs
        )
        if signed:
            place = "params" if "params" in built else "data"
            text = _encoded(built[place]).removesuffix("&signature=")
            sign = self._signed_params if place == "params" else self._signed
            built[place] = sign(method, text)
        return built

    def _signed(self, method: str, text: str) -> str | list[tuple[str, str]]:
        return f"{text}&signature={quote(self._snapshot().sign(text.encode()), safe='')}"

    _signed_params = _signed  # a client that encodes a query once more has another

    def _generate_signature(self, *_: object) -> str:
        return ""  # stands in until everything is encoded

    def _sign_ws_params(self, params: dict[str, Any], signature_func: object) -> dict[str, Any]:
        """Sign for the WebSocket API: raw text, which python-binance encodes for spot."""
        if "signature" in params:
            return params
        given = {name: value for name, value in params.items() if value is not None}
        timestamp = int(time.time() * 1000 + self.timestamp_offset)
        return signed_parameters(self._snapshot(), {"timestamp": timestamp, **given})


def _prepared(data: dict[str, Any], *, in_query: bool) -> dict[str, Any]:
    """Return the parameters as they are encoded once: in a query here, in a body later."""
    prepared = dict(data)
    for name, value in data.items():
        if name in _NOT_OURS or value is None:
            continue
        text = _plain(value) if name in _ENCODED_EARLY else str(value)
        prepared[name] = quote(text, safe="") if in_query else text
    return prepared


def _plain(value: object) -> str:
    """Undo the early encoding of a list; `batchOrders` also drags the other parameters along."""
    text = str(value)
    return unquote_plus(text.partition("&")[0]) if text.startswith("%5B") else text


def _encoded(payload: str | list[tuple[str, str]]) -> str:
    """Return a query as it is, or a form as text."""
    return payload if isinstance(payload, str) else urlencode(payload, quote_via=quote)


def moved_urls(client: type, base_url: str) -> dict[str, str]:
    """Return every address of a client class, moved to `base_url`: REST and WebSocket API alike."""
    base = base_url.rstrip("/")
    moved = {}
    for name in dir(client):
        if name.endswith("_URL"):
            parts = urlsplit(getattr(client, name))
            is_socket = parts.scheme.startswith("ws")
            moved[name] = (base.replace("http", "ws", 1) if is_socket else base) + parts.path
    return moved


def _origin(url: str) -> Origin:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
