"""Where user data streams of spot, margin and futures are, over whatever library sends.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md (User Data Stream requests) and
user-data-stream.md; developers.binance.com, read on 2026-11-26: Margin Trading (Listen Token
Websocket API); USD-M and COIN-M futures (User Data Streams).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from binance_creds.adapters._wire._request import Outgoing
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.adapters._wire._streams._stream import (
    by_listen_key,
    by_signature,
    by_token,
    closed_on_error,
    known,
    loaded,
)
from binance_creds.exchange import Security

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._request import Signed
    from binance_creds.adapters._wire._signer import WireSigner
    from binance_creds.adapters._wire._streams._reader import Subscription
    from binance_creds.adapters._wire._streams._stream import Channel

__all__ = ["Place", "Product", "Transport", "opener"]

Product = str  # "spot", "margin", "um" or "cm"

_KEEP_SECONDS: Final = 1800.0  # a listen key lasts for 60 minutes; the documentation says 30
_LISTEN_KEYS: Final = {"um": "/fapi/v1/listenKey", "cm": "/dapi/v1/listenKey"}
_LISTEN_TOKEN: Final = "/sapi/v1/userListenToken"  # noqa: S105  # a path


class Transport(Protocol):
    """A library that sends."""

    async def connect(self, url: str) -> Channel:
        """Open a WebSocket; this machine is reached through no proxy."""

    async def request(self, method: str, signed: Signed) -> bytes:
        """Send a request, and return the body of the answer, whatever its status."""


class Place(NamedTuple):
    """Where the streams of a product are.

    Attributes:
        product: `spot`, `margin`, `um` or `cm`.
        stream_url: of the WebSocket API; of futures, where the listen key is put behind `/ws/`.
        rest_url: where listen keys and listen tokens are given out.
    """

    product: Product
    stream_url: str
    rest_url: str


def opener(
    signer: WireSigner, place: Place, transport: Transport
) -> Callable[[], Awaitable[Subscription]]:
    """Return a function that opens a stream with the credentials of now."""
    signer.check(place.stream_url)
    if place.product == "spot":
        return lambda: _signed(signer, place, transport)
    signer.check(place.rest_url)
    if place.product == "margin":
        return lambda: _with_token(signer, place, transport)
    return lambda: _with_listen_key(signer, place, transport)


async def _signed(signer: WireSigner, place: Place, transport: Transport) -> Subscription:
    async with closed_on_error(await transport.connect(place.stream_url)) as channel:
        return await by_signature(channel, signer, place.stream_url)


async def _with_token(signer: WireSigner, place: Place, transport: Transport) -> Subscription:
    url = place.rest_url + _LISTEN_TOKEN
    content, used = await _asked(signer, transport, "POST", url, Security.SIGNED)
    async with closed_on_error(await transport.connect(place.stream_url)) as channel:
        return await by_token(channel, content, used)


async def _with_listen_key(signer: WireSigner, place: Place, transport: Transport) -> Subscription:
    url = place.rest_url + _LISTEN_KEYS[place.product]
    content, used = await _asked(signer, transport, "POST", url, Security.KEY)
    listen_key = content["listenKey"]
    connected = await transport.connect(f"{place.stream_url}/ws/{listen_key}")

    async def keep() -> bool:
        kept, _ = await _asked(signer, transport, "PUT", url, Security.KEY)
        return bool(kept.get("listenKey", listen_key) == listen_key)

    async with closed_on_error(connected) as channel:
        return await by_listen_key(channel, used, renew_seconds=_KEEP_SECONDS, keep=keep)


async def _asked(
    signer: WireSigner, transport: Transport, method: str, url: str, security: Security
) -> tuple[dict[str, Any], Credentials]:
    signed = await signer.asign(Outgoing(method, url), security=security)
    body = await transport.request(method, signed)
    content = loaded(body)
    # A listen key that is kept alive need not be named.
    is_named = method == "PUT" or not {"listenKey", "token"}.isdisjoint(content)
    if "code" in content or not is_named:
        raise RefusedError(body, signed.used)
    return content, known(signed.used)
