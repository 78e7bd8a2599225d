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

from binance_creds.adapters._wire._message import LOGON
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY, PLACEHOLDER_SECRET
from binance_creds.adapters._wire._sessions._logon import Logon
from binance_creds.adapters._wire._streams._merger import EventMerger
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.errors import CredentialsError

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
        logged_on: whose session it may rely on, or `None`.
        used: the snapshot that signed it, or whose session it relies on.
        by_session: whether it has no signature.
        reply: gets the answer instead of ccxt; `None` for a request of ccxt.
        is_second: whether the exchange refused its key once before.
        was_lost: whether it once relied on a session that had ended.
    """

    message: Mapping[str, Any] = field(repr=False)
    logged_on: Credentials | None = None
    used: Credentials | None = None
    by_session: bool = False
    reply: asyncio.Future[Mapping[str, Any]] | None = None
    is_second: bool = False
    was_lost: bool = False

    @property
    def needs_signature(self) -> bool:
        """Whether ccxt has signed it, with a placeholder."""
        return "signature" in self.message["params"]


_sending: ContextVar[tuple[Socket, Sent] | tuple[None, None]] = ContextVar(
    "binance_creds_ccxt_sending", default=(None, None)
)


def signing_messages(signer: WireSigner) -> Any:
    """Return what signs a message, and notes who has signed it."""

    async def sign(message: Mapping[str, Any], url: str) -> Any:
        socket, sent = _sending.get()
        logged_on = sent.logged_on if sent is not None else None
        signed, used = await signer.asign_message(message, url, logged_on=logged_on)
        if socket is not None and sent is not None:
            socket.note(sent, used)
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
        logon: logs it on, if the key is outside; knows whose session it is.
        nameless: the last refusal without an id.
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
    logon: Logon
    nameless: Mapping[str, Any]
    has_answered: asyncio.Event

    async def send(self, message: Any) -> Any:
        """Send a message; ccxt calls this, perhaps after a wait for its rate limit."""
        if self.successor is not None:
            return await self.successor.send(message)
        if not isinstance(message, dict) or not isinstance(message.get("params"), dict):
            return await super().send(message)  # type: ignore[misc]  # of ccxt
        try:
            return await self.send_request(Sent(message))
        except CredentialsError as error:  # ccxt would end the connection, and all else on it
            return self.reject(error, str(message["id"]))

    async def send_request(self, sent: Sent) -> None:
        """Send a request, and wait for no answer; log on before, where that spares signatures."""
        name = str(sent.message["id"])
        self.waiting[name] = sent
        token = _sending.set((self, sent))
        try:
            if sent.needs_signature:
                sent.logged_on = await self.logon.holder(sent.message["method"])
            await super().send(dict(sent.message))  # type: ignore[misc]  # of ccxt
        except BaseException:
            self.forget(name)
            raise
        finally:
            _sending.reset(token)

    def note(self, sent: Sent, used: Credentials | None) -> None:
        """Note who has signed a request, before it leaves."""
        sent.used = used
        if used is not None and used is sent.logged_on:
            sent.by_session = True
            self.logon.standing.relies(str(sent.message["id"]))

    def forget(self, name: str) -> None:
        """Expect no answer to a request any more."""
        self.waiting.pop(name, None)
        self.logon.standing.forget(name)

    async def log_on(self) -> Credentials:
        """Log on; return who has.

        Raises:
            RefusedError: the exchange does not grant it.
        """
        placeholders = {"apiKey": PLACEHOLDER_KEY, "signature": PLACEHOLDER_SECRET}
        sent = await self.ask(str(uuid.uuid4()), LOGON, placeholders)
        assert sent.used is not None  # noqa: S101  # what is signed is signed by somebody
        return sent.used

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
            self.forget(name)
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
        if message_hash is None:
            self._end_own()
        if self.successor is None or message_hash is not None:
            return super().reject(result, message_hash)  # type: ignore[misc]  # of ccxt
        for name in list(self.waiting):
            super().reject(result, name)  # type: ignore[misc]  # of ccxt
        return result

    def _end_own(self) -> None:
        """End what we wait for on a connection that has ended."""
        self.logon.end()
        for sent in self.waiting.values():
            if sent.reply is not None and not sent.reply.done():
                sent.reply.set_exception(ConnectionResetError("the connection has ended"))

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
            self.logon.end()
            await self.aiohttp_close()


def as_socket(client: Any, signer: WireSigner, *, is_private: bool) -> Any:
    """Return a WebSocket client of ccxt with `Socket` in front of it."""
    kind: Any = type(client)
    if not isinstance(client, Socket):
        client.__class__ = _joined(kind)
        client.waiting, client.held, client.successor = {}, None, None
        client.is_private, client.has_answered = is_private, asyncio.Event()
        client.logon, client.nameless = Logon(signer, client.log_on), {}
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
