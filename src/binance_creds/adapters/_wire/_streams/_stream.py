"""A user data stream on a connection of its own, by signature, listen token or listen key."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from binance_creds.adapters._wire._streams._reader import StreamOverError
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.exchange import Security

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = [
    "Channel",
    "Stream",
    "by_listen_key",
    "by_signature",
    "by_token",
    "closed_on_error",
    "known",
    "loaded",
]

_OK: Final = 200
_EARLY_SECONDS: Final = 60.0  # before a listen token ends
ANSWER_SECONDS: Final = 5.0
_LIST: Final = {"id": 1, "method": "LIST_SUBSCRIPTIONS"}
_ENDINGS: Final = ("eventStreamTerminated", "listenKeyExpired")
_SUBSCRIBE: Final = "userDataStream.subscribe"


class Channel(Protocol):
    """A WebSocket. What it raises where it is gone is an `OSError` or `StreamOverError`."""

    async def send(self, text: str) -> None:
        """Send a message; no log may show it."""

    async def receive(self) -> str | bytes:
        """Return the next one."""

    async def close(self) -> None:
        """Close it."""


@asynccontextmanager
async def closed_on_error(channel: Channel) -> AsyncIterator[Channel]:
    """Close a connection where no stream comes of it."""
    try:
        yield channel
    except BaseException:
        await channel.close()
        raise


async def by_signature(channel: Channel, signer: WireSigner, url: str) -> Stream:
    """Return the stream that a signature opens on a connection to the WebSocket API."""
    asked = {"id": 1, "method": f"{_SUBSCRIBE}.signature", "params": {}}
    message, used = await signer.asign_message(asked, url, security=Security.SIGNED)
    return await _subscribed(channel, message, known(used))


async def by_token(channel: Channel, granted: Mapping[str, Any], used: Credentials) -> Stream:
    """Return the stream that a listen token opens on a connection to the WebSocket API."""
    lasts = float(granted["expirationTime"]) / 1000 - time.time() - _EARLY_SECONDS
    params = {"listenToken": granted["token"]}
    message = {"id": 1, "method": f"{_SUBSCRIBE}.listenToken", "params": params}
    return await _subscribed(channel, message, used, renew_seconds=max(lasts, 1.0))


async def by_listen_key(
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
            while (content := loaded(await channel.receive())).get("id") != _LIST["id"]:
                early.append(content)
    # Its answer comes behind all that the connection still had to bring.
    end = {**_LIST, "id": 2}
    return Stream(channel, used, end, renew_seconds=renew_seconds, early=early, keep=keep)


async def _subscribed(
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
    while (content := loaded(await channel.receive())).get("id") != message["id"]:
        early.append(content)
    if content.get("status") != _OK:
        raise RefusedError(content, used)
    number = content.get("result", {}).get("subscriptionId")
    params = {} if number is None else {"subscriptionId": number}
    end = {"id": 2, "method": "userDataStream.unsubscribe", "params": params}
    return Stream(channel, used, end, renew_seconds=renew_seconds, early=early)


def known(used: Credentials | None) -> Credentials:
    """Return who signed: what is signed is signed by somebody."""
    assert used is not None  # noqa: S101  # see above
    return used


def loaded(text: str | bytes) -> dict[str, Any]:
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
        return self._early.popleft() if self._early else loaded(await self._channel.receive())

    async def end(self) -> None:
        await self._channel.send(json.dumps(self._end))

    async def keep(self) -> bool:
        return self._keep is not None and await self._keep()

    async def close(self) -> None:
        await self._channel.close()
