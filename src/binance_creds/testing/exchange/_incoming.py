"""A request as the local exchange reads it, whatever it came over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.testing.exchange._keys import RegisteredKey

    Transport = Literal["rest", "ws"]

__all__ = ["Incoming", "from_http"]


class Incoming(NamedTuple):
    """A request that came over HTTP or as a WebSocket message.

    Attributes:
        method: the HTTP method of the endpoint; `WS` where there is none.
        path: of the endpoint, without the query; a WebSocket method has that of its REST twin.
        params: decoded, without the signature.
        payload: what the signature is over, byte for byte.
        signature: decoded, or `None`.
        api_key: the key that the request names, or `None`.
        address: where it came from.
        transport: `rest` or `ws`.
        session: the key that this WebSocket connection has logged on with.
    """

    method: str
    path: str
    params: Mapping[str, str]
    payload: bytes
    signature: str | None
    api_key: str | None
    address: str
    transport: Transport = "rest"
    session: RegisteredKey | None = None


def from_http(
    method: str, target: str, body: bytes, *, api_key: str | None, address: str
) -> Incoming:
    """Return the request that HTTP carried: parameters in the query, in a form, or in both."""
    path, _, query = target.partition("?")
    query, in_query = _without_signature(query)
    form, in_form = _without_signature(body.decode("latin-1"))
    signature = in_query or in_form
    return Incoming(
        method,
        path,
        {**_params(query), **_params(form)},
        query.encode("latin-1") + form.encode("latin-1"),
        unquote(signature) if signature else None,
        api_key,
        address,
    )


def _params(text: str) -> dict[str, str]:
    return dict(
        parse_qsl(text.encode("latin-1").decode("utf-8", "replace"), keep_blank_values=True)
    )


def _without_signature(text: str) -> tuple[str, str]:
    parts = text.split("&") if text else []
    rest = [part for part in parts if not part.startswith("signature=")]
    found = [part.partition("=")[2] for part in parts if part.startswith("signature=")]
    return "&".join(rest), found[0] if found else ""
