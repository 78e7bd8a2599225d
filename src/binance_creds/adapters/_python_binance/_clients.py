"""What an attached client is: one of its own class, with placeholders for key and secret."""

from __future__ import annotations

import time
from functools import cache
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from binance_creds.adapters._python_binance._parameters import prepared
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY, PLACEHOLDER_SECRET
from binance_creds.errors import ConfigurationError
from binance_creds.signers import rest_query

__all__ = ["PLACEHOLDERS", "SigningClient", "joined"]

PLACEHOLDERS: Final = {
    "API_KEY": PLACEHOLDER_KEY,
    "API_SECRET": PLACEHOLDER_SECRET,
    "PRIVATE_KEY": None,
}
_UNSIGNED: Final = "0"  # in the place of a signature until the request leaves


@cache
def joined(mixin: Any, kind: Any) -> type:
    """Return a class that is `kind` with the methods of a mixin in front."""
    return type(kind.__name__, (mixin, kind), {"__module__": kind.__module__})


class _Placeholder:
    """An attribute whose value comes from the credentials: it has a placeholder, and keeps it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, client: object, kind: type | None = None) -> str | None:
        return PLACEHOLDERS[self._name]

    def __set__(self, client: object, value: object) -> None:
        is_known = value is None or value == PLACEHOLDERS[self._name]
        del value  # or the error's frame would show it
        if not is_known:
            msg = f"{self._name} comes from the credentials that the adapter has for this client."
            raise ConfigurationError(msg, hint="Change it at its source, or detach the adapter.")


class _Part:
    """A session or socket: whatever takes its place signs, too."""

    def __set_name__(self, kind: type, name: str) -> None:
        self._name = name

    def __get__(self, client: Any, kind: type | None = None) -> Any:
        return client.__dict__[self._name]

    def __set__(self, client: Any, value: object) -> None:
        client._binance_creds.take(value)  # noqa: SLF001  # its other half
        client.__dict__[self._name] = value


class _Wiring(Protocol):
    def check(self, url: str) -> None: ...
    def take(self, part: object) -> None: ...


class SigningClient:
    """Leave signing to the moment when a request leaves."""

    API_KEY = _Placeholder("API_KEY")
    API_SECRET = _Placeholder("API_SECRET")
    PRIVATE_KEY = _Placeholder("PRIVATE_KEY")
    session = _Part()
    ws_api = _Part()
    ws_future = _Part()
    timestamp_offset: int
    _binance_creds: _Wiring

    def _request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request, unless its host is not for these credentials."""
        self._binance_creds.check(uri)
        return super()._request(method, uri, *args, **kwargs)  # type: ignore[misc]  # of the client

    def _get_request_kwargs(
        self, method: str, signed: bool, force_params: bool, **kwargs: Any
    ) -> dict[str, Any]:
        """Let what is sent be encoded once: python-binance signs first and encodes afterwards.

        Since 2026-01-15 that ends as -1022 where a value has a reserved or non-ASCII character.
        """
        if signed:
            in_query = method == "get" or force_params
            kwargs["data"] = prepared(kwargs["data"], in_query=in_query)
        built: dict[str, Any] = super()._get_request_kwargs(  # type: ignore[misc]  # of the client
            method, signed, force_params, **kwargs
        )
        if signed and method != "get" and "params" in built:  # aiohttp would encode a text again
            built["params"] = parse_qsl(built["params"], keep_blank_values=True)
        if signed and isinstance(built.get("data"), list):  # a text is sent as it is
            built["data"] = rest_query(built["data"])
        return built

    def _generate_signature(self, *_: object, **__: object) -> str:
        return _UNSIGNED

    def _sign_ws_params(self, params: dict[str, Any], signature_func: object) -> dict[str, Any]:
        if "signature" in params:
            return params
        given = {name: value for name, value in params.items() if value is not None}
        given.setdefault("timestamp", int(time.time() * 1000))
        return {**given, "apiKey": PLACEHOLDER_KEY, "signature": _UNSIGNED}
