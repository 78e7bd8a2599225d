"""User data streams of spot, margin and futures, over whatever library sends.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md (User Data Stream requests) and
user-data-stream.md; developers.binance.com, read on 2026-11-26: Margin Trading (Listen Token
Websocket API); USD-M and COIN-M futures (User Data Streams).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from binance_creds.adapters._wire._request import Outgoing
from binance_creds.adapters._wire._streams._follower import RefusedError
from binance_creds.adapters._wire._streams._reader import StreamOverError
from binance_creds.exchange import Security

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._request import Signed
    from binance_creds.adapters._wire._signer import WireSigner
    from binance_creds.adapters._wire._streams._reader import Subscription

__all__ = [
    "Channel",
    "Place",
    "Product",
    "Stream",
    "Transport",
    "listening",
    "opener",
    "subscribed",
]

Product = str  # "spot", "margin", "um" or "cm"

_OK: Final = 200
_KEEP_SECONDS: Final = 1800.0  # a listen key lasts for 60 minutes; the documentation says 30
_EARLY_SECONDS: Final = 60.0  # before a listen token ends
ANSWER_SECONDS: Final = 5.0
_LIST: Final = {"id": 1, "method": "LIST_SUBSCRIPTIONS"}
_ENDINGS: Final = ("eventStreamTerminated", "listenKeyExpired")
_SUBSCRIBE: Final = "userDataStream.subscribe"
_LISTEN_KEYS: Final = {"um": "/fapi/v1/listenKey", "cm": "/dapi/v1/listenKey"}
_LISTEN_TOKEN: Final = "/sapi/v1/userListenToken"  # noqa: S105  # a path


class Channel(Protocol):
    """A WebSocket. What it raises where it is gone is an `OSError` or `StreamOverError`."""

    async def send(self, text: str) -> None:
        """Send a message; no log may show it."""

    async def receive(self) -> str | bytes:
        """Return the next one."""

    async def close(self) -> None:
        """Close it."""


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
        return lambda: _by_signature(signer, place, transport)
    signer.check(place.rest_url)
    if place.product == "margin":
        return lambda: _by_token(signer, place, transport)
    return lambda: _by_listen_key(signer, place, transport)


async def _by_signature(signer: WireSigner, place: Place, transport: Transport) -> Subscription:
    channel = await transport.connect(place.stream_url)
    try:
        asked = {"id": 1, "method": f"{_SUBSCRIBE}.signature", "params": {}}
        message, used = await signer.asign_message(
            asked, place.stream_url, security=Security.SIGNED
        )
        return await subscribed(channel, message, _known(used))
    except BaseException:
        await channel.close()
        raise


async def _by_token(signer: WireSigner, place: Place, transport: Transport) -> Subscription:
    url = place.rest_url + _LISTEN_TOKEN
    content, used = await _asked(signer, transport, "POST", url, Security.SIGNED)
    lasts = float(content["expirationTime"]) / 1000 - time.time() - _EARLY_SECONDS
    channel = await transport.connect(place.stream_url)
    try:
        params = {"listenToken": content["token"]}
        message = {"id": 1, "method": f"{_SUBSCRIBE}.listenToken", "params": params}
        return await subscribed(channel, message, used, renew_seconds=max(lasts, 1.0))
    except BaseException:
        await channel.close()
        raise


async def _by_listen_key(signer: WireSigner, place: Place, transport: Transport) -> Subscription:
    url = place.rest_url + _LISTEN_KEYS[place.product]
    content, used = await _asked(signer, transport, "POST", url, Security.KEY)
    listen_key = content["listenKey"]
    channel = await transport.connect(f"{place.stream_url}/ws/{listen_key}")

    async def keep() -> bool:
        kept, _ = await _asked(signer, transport, "PUT", url, Security.KEY)
        return bool(kept.get("listenKey", listen_key) == listen_key)

    try:
        return await listening(channel, used, renew_seconds=_KEEP_SECONDS, keep=keep)
    except BaseException:
        await channel.close()
        raise


async def listening(
    channel: Channel,
    used: Credentials,
    *,
    renew_seconds: float,
    keep: Callable[[], Awaitable[bool]],
) -> Stream:
    """Return the stream of a connection by listen key, once the exchange listens there.

    A handshake alone does not say that events come; the answer to a request does. Where nothing is
    answered the handshake has to do.
    """
    early = []
    await channel.send(json.dumps(_LIST))
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            while (content := _loaded(await channel.receive())).get("id") != _LIST["id"]:
                early.append(content)
    # Its answer comes behind all that the connection still had to bring.
    end = {**_LIST, "id": 2}
    return Stream(channel, used, end, renew_seconds=renew_seconds, early=early, keep=keep)


async def _asked(
    signer: WireSigner, transport: Transport, method: str, url: str, security: Security
) -> tuple[dict[str, Any], Credentials]:
    signed = await signer.asign(Outgoing(method, url), security=security)
    body = await transport.request(method, signed)
    content = _loaded(body)
    # A listen key that is kept alive need not be named.
    is_named = method == "PUT" or not {"listenKey", "token"}.isdisjoint(content)
    if "code" in content or not is_named:
        raise RefusedError(body, signed.used)
    return content, _known(signed.used)


async def subscribed(
    channel: Channel,
    message: Mapping[str, Any],
    used: Credentials,
    *,
    renew_seconds: float | None = None,
) -> Stream:
    """Return the stream that a message of the WebSocket API opens.

    Raises:
        RefusedError: the exchange does not open it.
    """
    await channel.send(json.dumps(message))
    early = []
    while (content := _loaded(await channel.receive())).get("id") != message["id"]:
        early.append(content)
    if content.get("status") != _OK:
        raise RefusedError(content, used)
    number = content.get("result", {}).get("subscriptionId")
    params = {} if number is None else {"subscriptionId": number}
    end = {"id": 2, "method": "userDataStream.unsubscribe", "params": params}
    return Stream(channel, used, end, renew_seconds=renew_seconds, early=early)


def _known(used: Credentials | None) -> Credentials:
    assert used is not None  # noqa: S101  # what is signed is signed by somebody
    return used


def _loaded(text: str | bytes) -> dict[str, Any]:
    """Return a JSON object; an empty one for what is none."""
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


class Stream:
    """A subscription on a channel of its own."""

    def __init__(
        self,
        channel: Channel,
        used: Credentials,
        end: dict[str, Any],
        *,
        renew_seconds: float | None = None,
        keep: Callable[[], Awaitable[bool]] | None = None,
        early: Iterable[dict[str, Any]] = (),
    ) -> None:
        self.used = used
        self.renew_seconds = renew_seconds
        self._channel = channel
        self._end = end
        self._keep = keep
        self._early = deque(early)

    async def receive(self) -> Mapping[str, Any]:
        while True:
            content = await self._received()
            if content.get("id") == self._end["id"]:
                raise StreamOverError
            event = content.get("event") or content.get("data") or content
            if event.get("e") in _ENDINGS:
                raise StreamOverError
            if "e" in event:
                return dict(event)

    async def _received(self) -> dict[str, Any]:
        return self._early.popleft() if self._early else _loaded(await self._channel.receive())

    async def end(self) -> None:
        await self._channel.send(json.dumps(self._end))

    async def keep(self) -> bool:
        return self._keep is not None and await self._keep()

    async def close(self) -> None:
        await self._channel.close()
