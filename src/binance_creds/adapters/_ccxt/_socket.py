"""A WebSocket connection of ccxt: what was sent on it, by whom it was signed, and its end."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WSMsgType

from binance_creds.adapters._wire._streams._merger import EventMerger
from binance_creds.adapters._wire._streams._refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Sent", "Socket", "as_before", "as_socket", "signing_messages"]

_ANSWER_SECONDS: Final = 10.0  # for a request of ours
_SETTLE_SECONDS: Final = 25.0  # for the requests of a connection that is replaced


@dataclass(slots=True, eq=False)
class Sent:
    """A request that waits for its answer.

    Attributes:
        message: as ccxt gave it, with placeholders.
        used: the snapshot that signed it.
        reply: gets the answer instead of ccxt; `None` for a request of ccxt.
        is_second: whether the exchange refused it once before.
    """

    message: Mapping[str, Any] = field(repr=False)
    used: Credentials | None = None
    reply: asyncio.Future[Mapping[str, Any]] | None = None
    is_second: bool = False


_sending: ContextVar[Sent | None] = ContextVar("binance_creds_ccxt_sending", default=None)


def signing_messages(signer: WireSigner) -> Any:
    """Return what signs a message, and notes who has signed it."""

    async def sign(message: Mapping[str, Any], url: str) -> Any:
        signed, used = await signer.asign_message(message, url)
        sent = _sending.get()
        if sent is not None:
            sent.used = used
        return signed, used

    return sign


class Socket:
    """What stands in front of ccxt's WebSocket client; used from one event loop.

    Attributes:
        waiting: requests without an answer yet, by their id.
        merger: drops the events that two connections bring; a connection and the one that replaces
            it share it.
        held: events that wait until the connection before this one is drained; `None` if none do.
        is_private: whether its address has a listen key.
        successor: what has taken its place, or `None`.
        has_answered: set with each answer, and at its end.
    """

    connection: Any
    url: str
    aiohttp_close: Callable[[], Awaitable[None]]
    waiting: dict[str, Sent]
    merger: EventMerger
    held: list[Any] | None
    is_private: bool
    successor: Socket | None
    has_answered: asyncio.Event

    async def send(self, message: Any) -> Any:
        """Send a message; ccxt calls this, perhaps after a wait for its rate limit."""
        if self.successor is not None:
            return await self.successor.send(message)
        if isinstance(message, dict) and isinstance(message.get("params"), dict):
            return await self.send_request(Sent(message))
        return await super().send(message)  # type: ignore[misc]  # of ccxt

    async def send_request(self, sent: Sent) -> None:
        """Send a request, and wait for no answer."""
        name = str(sent.message["id"])
        self.waiting[name] = sent
        token = _sending.set(sent)
        try:
            await super().send(dict(sent.message))  # type: ignore[misc]  # of ccxt
        except BaseException:
            self.waiting.pop(name, None)
            raise
        finally:
            _sending.reset(token)

    async def ask(self, name: str, method: str, params: Mapping[str, Any]) -> Sent:
        """Send a request of ours; return it once the exchange has granted it.

        Raises:
            RefusedError: it has not.
        """
        reply: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        sent = Sent({"id": name, "method": method, "params": dict(params)}, reply=reply)
        await self.send_request(sent)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await reply
        finally:
            self.waiting.pop(name, None)
        if "error" in answer:
            raise RefusedError(answer, sent.used, method)
        return sent

    async def drain(self) -> None:
        """Wait until what the exchange has sent so far has arrived."""
        self._mark, self._has_marked = uuid.uuid4().bytes, asyncio.Event()
        with suppress(OSError, TimeoutError):
            await self.connection.ping(self._mark)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._has_marked.wait()

    def receive_loop(self) -> None:
        """Receive; ccxt 4.5.12 stops in silence where the connection is lost in this moment."""
        try:
            super().receive_loop()  # type: ignore[misc]  # of ccxt
        except AttributeError:
            self.on_close(1006)  # type: ignore[attr-defined]  # of ccxt

    def handle_message(self, message: Any) -> None:
        """Take what arrives; ccxt calls this."""
        if message.type is WSMsgType.PONG and message.data == getattr(self, "_mark", None):
            self._has_marked.set()
        super().handle_message(message)  # type: ignore[misc]  # of ccxt

    def reject(self, result: Any, message_hash: Any = None) -> Any:
        """Fail what waits: of a connection that was replaced, its own requests alone."""
        self.has_answered.set()
        if self.successor is None or message_hash is not None:
            return super().reject(result, message_hash)  # type: ignore[misc]  # of ccxt
        for name in list(self.waiting):
            super().reject(result, name)  # type: ignore[misc]  # of ccxt
        return result

    async def retire(self) -> None:
        """Close a connection that was replaced, once every request has its answer."""
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                while self.waiting and not self.connection.closed:
                    self.has_answered.clear()
                    await self.has_answered.wait()
        except TimeoutError:
            pass
        finally:
            self.merger.close(self)
            await self.aiohttp_close()


def as_socket(client: Any, *, is_private: bool) -> Any:
    """Return a WebSocket client of ccxt with `Socket` in front of it."""
    kind: Any = type(client)
    if not isinstance(client, Socket):
        client.__class__ = _joined(kind)
        client.waiting, client.held, client.successor = {}, None, None
        client.is_private, client.has_answered = is_private, asyncio.Event()
        client.merger = EventMerger()
        client.merger.open(client)
    return client


def as_before(client: Any) -> None:
    """Let a WebSocket client of ccxt be what it was."""
    if isinstance(client, Socket):
        client.__class__ = type(client).__mro__[2]  # behind the joined class and `Socket`


@cache
def _joined(kind: Any) -> Any:
    return type(kind.__name__, (Socket, kind), {"__module__": kind.__module__})
