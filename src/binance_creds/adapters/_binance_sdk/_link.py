"""One connection to a WebSocket API: what was sent on it, and what it is subscribed to."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import WSMsgType

from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._wiring import Wiring
    from binance_creds.exchange._endpoints import Security

__all__ = ["ENDS", "LOGON", "LOGOUT", "SIGNED_SUBSCRIBE", "SUBSCRIBE", "UNSUBSCRIBE", "Inbox",
           "Link", "Sent", "Subscription"]  # fmt: skip

LOGON: Final = "session.logon"
LOGOUT: Final = "session.logout"
SUBSCRIBE: Final = "userDataStream.subscribe"
SIGNED_SUBSCRIBE: Final = "userDataStream.subscribe.signature"
UNSUBSCRIBE: Final = "userDataStream.unsubscribe"
ENDS: Final = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_NOTED: Final = ("session.", "userDataStream.")
_ID: Final = re.compile(r'\{"id": ?"([^"\\]+)"')  # how the exchange begins an answer
_MOST_WAITING: Final = 10_000  # requests whose answers may be missing before the oldest is dropped
_ANSWER_SECONDS: Final = 10.0  # for a request of ours


@dataclass(slots=True)
class Sent:
    """A request that waits for its answer.

    Attributes:
        message: as the client gave it, with placeholders.
        used: the snapshot that signed it, or that the session is logged on with.
        reply: gets the answer instead of the client; `None` for a request of the client.
        is_second: whether the exchange refused it once before.
        by_session: whether it relies on the session's key.
    """

    message: Mapping[str, Any] = field(repr=False)
    used: Credentials | None = None
    reply: asyncio.Future[dict[str, Any]] | None = None
    is_second: bool = False
    by_session: bool = False

    @property
    def method(self) -> str:
        """What is asked for."""
        return str(self.message.get("method", ""))

    @property
    def params(self) -> Mapping[str, Any]:
        """With what."""
        return self.message.get("params") or {}


@dataclass(slots=True)
class Subscription:
    """A user data stream.

    Attributes:
        number: under which the client knows it; stays the same on every connection.
        message: that opened it, with placeholders.
        used: whose stream it is; `None` once the exchange has ended it.
    """

    number: int
    message: Mapping[str, Any] = field(repr=False)
    used: Credentials | None


class Inbox(Protocol):
    """Takes what arrives on a connection."""

    def answered(self, link: Link, sent: Sent, answer: dict[str, Any], message: Any) -> None: ...
    def granted(self, sent: Sent, message: Any) -> None: ...
    def pushed(self, link: Link, pushed: dict[str, Any], message: Any) -> None: ...
    def ended(self, link: Link, message: Any) -> None: ...


class Link:
    """A connection, and its state.

    Attributes:
        raw: the connection of aiohttp.
        waiting: requests without an answer yet, by their id.
        subscriptions: by the number that the exchange has given them on this connection.
        logged_on: whose session it is, or `None`.
        held: events that wait until the connection before this one is drained; `None` if none do.
    """

    def __init__(self, raw: Any, url: str, wiring: Wiring) -> None:
        self.raw: Final = raw
        self.waiting: dict[Any, Sent] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.logged_on: Credentials | None = None
        self.held: list[tuple[dict[str, Any], Any]] | None = None
        self._url: Final = url
        self._wiring: Final = wiring
        self._has_answered: Final = asyncio.Event()

    async def send(self, sent: Sent, *, security: Security | None = None, **options: Any) -> None:
        """Send a request, signed with the credentials of now if it has placeholders."""
        message: Mapping[str, Any] = self._numbered(sent)
        if not self._wiring.is_over:
            message, sent.used = await self._wiring.signer.asign_message(
                message, self._url, security=security
            )
            if sent.used is None:
                sent.used, sent.by_session = self.logged_on, True
        self._expect(sent)
        try:
            await self.raw.send_str(json.dumps(message), **options)
        except BaseException:
            self.waiting.pop(sent.message.get("id"), None)
            raise

    async def ask(
        self, method: str, params: Mapping[str, Any], *, security: Security | None = None
    ) -> Sent:
        """Send a request of ours; return it once the exchange has granted it.

        Raises:
            RefusedError: it has not.
        """
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        message = {"id": str(uuid.uuid4()), "method": method, "params": dict(params)}
        sent = Sent(message, reply=reply)
        try:
            await self.send(sent, security=security)
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await reply
        finally:
            self.waiting.pop(message["id"], None)
        if "error" in answer:
            with suppress(CredentialsError):  # of a handle that is closed
                await self._wiring.rejected.aagain(answer, sent.used)
            raise RefusedError(answer, sent.used, method)
        self.note(sent, answer)
        return sent

    async def run(self, inbox: Inbox) -> None:
        """Hand on what arrives until the connection ends."""
        try:
            while (message := await self.raw.receive()).type not in ENDS:
                self._arrived(inbox, message)
        finally:
            for sent in self.waiting.values():
                if sent.reply is not None and not sent.reply.done():
                    sent.reply.set_exception(ConnectionResetError("the connection has ended"))
            self._has_answered.set()
        inbox.ended(self, message)

    async def settle(self, seconds: float) -> None:
        """Wait until every request has its answer, for some seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.waiting and not self.raw.closed:
                    self._has_answered.clear()
                    await self._has_answered.wait()

    def note(self, sent: Sent, answer: Mapping[str, Any]) -> None:
        """Note what a granted request has changed at the exchange."""
        result = answer.get("result")
        if sent.method == LOGON:
            self.logged_on = sent.used
        elif sent.method == LOGOUT:
            self.logged_on = None
            self._end(lambda each: each.message["method"] == SUBSCRIBE)
        elif sent.method == UNSUBSCRIBE:
            number = sent.params.get("subscriptionId")
            self._end(lambda each: number is None or str(each.number) == str(number))
        elif sent.method.startswith(SUBSCRIBE) and isinstance(result, dict):
            number = result["subscriptionId"]
            self.subscriptions[number] = Subscription(number, sent.message, sent.used)

    def _arrived(self, inbox: Inbox, message: Any) -> None:
        sent = self._granted(message)
        if sent is None:
            self._read(inbox, message)
        else:
            inbox.granted(sent, message)
        self._has_answered.set()

    def _granted(self, message: Any) -> Sent | None:
        """Return the request that was granted and changes nothing here, without parsing more."""
        text = message.data if message.type is WSMsgType.TEXT else ""
        found = _ID.match(text)
        if found is None or '"error"' in text:
            return None
        sent = self.waiting.get(found[1])
        if sent is None or sent.reply is not None or sent.method.startswith(_NOTED):
            return None
        return self.waiting.pop(found[1])

    def _read(self, inbox: Inbox, message: Any) -> None:
        pushed = json.loads(message.data) if message.type is WSMsgType.TEXT else {}
        sent = self.waiting.pop(pushed.get("id"), None)
        if sent is None:
            inbox.pushed(self, pushed, message)
        elif sent.reply is None:
            inbox.answered(self, sent, pushed, message)
        elif not sent.reply.done():
            sent.reply.set_result(pushed)

    def _expect(self, sent: Sent) -> None:
        if len(self.waiting) >= _MOST_WAITING:
            self.waiting.pop(next(iter(self.waiting)))
        self.waiting[sent.message.get("id")] = sent

    def _numbered(self, sent: Sent) -> Mapping[str, Any]:
        """Return a message with the number that a subscription has on this connection."""
        known = sent.params.get("subscriptionId")
        if sent.method != UNSUBSCRIBE or known is None:
            return sent.message
        here = (n for n, each in self.subscriptions.items() if str(each.number) == str(known))
        return {**sent.message, "params": {**sent.params, "subscriptionId": next(here, known)}}

    def _end(self, is_ended: Callable[[Subscription], bool]) -> None:
        for number in [n for n, each in self.subscriptions.items() if is_ended(each)]:
            del self.subscriptions[number]
