"""One connection to a WebSocket API: what was sent on it, and what it is subscribed to."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import WSMsgType

from binance_creds.adapters._binance_sdk._sent import (
    LOGON,
    LOGOUT,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Sent,
    Subscription,
)
from binance_creds.adapters._wire._sessions._logon import Logon
from binance_creds.adapters._wire._sessions._standing import is_nameless
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.errors import CredentialsError
from binance_creds.exchange import Security
from binance_creds.exchange._methods import security_of_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["ENDS", "Inbox", "Link"]

ENDS: Final = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
_NOTED: Final = ("session.", "userDataStream.")
_ID: Final = re.compile(r'\{"id": ?"([^"\\]+)"')  # how the exchange begins an answer
_MOST_WAITING: Final = 10_000  # requests whose answers may be missing before the oldest is dropped
_ANSWER_SECONDS: Final = 10.0  # for a request of ours


class Inbox(Protocol):
    """Takes what arrives on a connection."""

    def answered(self, link: Link, sent: Sent, answer: dict[str, Any], message: Any) -> None: ...
    def granted(self, sent: Sent, message: Any) -> None: ...
    def pushed(self, link: Link, pushed: dict[str, Any], message: Any) -> None: ...
    def logged_off(self, link: Link) -> None: ...
    def ended(self, link: Link, message: Any) -> None: ...


class Link:
    """A connection, and its state.

    Attributes:
        raw: the connection of aiohttp.
        waiting: requests without an answer yet, by their id.
        subscriptions: by the number that the exchange has given them on this connection.
        logon: logs it on, if the key is outside; knows whose session it is.
        held: events that wait until the connection before this one is drained; `None` if none do.
    """

    def __init__(self, raw: Any, url: str, wiring: Wiring) -> None:
        self.raw: Final = raw
        self.waiting: dict[Any, Sent] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.logon: Final = Logon(wiring.signer, self._log_on)
        self.held: list[tuple[dict[str, Any], Any]] | None = None
        self._nameless: tuple[dict[str, Any], Any] = ({}, None)  # the last refusal without an id
        self._url: Final = url
        self._wiring: Final = wiring
        self._has_answered: Final = asyncio.Event()

    async def send(self, sent: Sent, *, security: Security | None = None, **options: Any) -> None:
        """Send a request, signed with the credentials of now if it has placeholders."""
        message: Mapping[str, Any] = self._numbered(sent)
        if not self._wiring.is_over:
            message = await self._signed(sent, message, security)
        self._expect(sent)
        try:
            await self.raw.send_str(json.dumps(message), **options)
        except BaseException:
            self._forget(sent.message.get("id"))
            raise

    async def _signed(
        self, sent: Sent, message: Mapping[str, Any], security: Security | None
    ) -> Mapping[str, Any]:
        """Return a message as it goes: with a signature, or by the session of its signer."""
        is_signed = security is Security.SIGNED or "signature" in sent.params
        logged_on = await self.logon.holder(sent.method) if is_signed else None
        message, sent.used = await self._wiring.signer.asign_message(
            message, self._url, security=security, logged_on=logged_on
        )
        if sent.used is None:  # the client has logged on itself
            sent.used = logged_on = self.logged_on
        if sent.used is not None and sent.used is logged_on and _needs_a_key(sent.method):
            sent.by_session = True
            self.logon.standing.relies(sent.message.get("id"))
        return message

    @property
    def logged_on(self) -> Credentials | None:
        """Whose session it is."""
        return self.logon.standing.logged_on

    async def _log_on(self) -> Credentials:
        sent = await self.ask(LOGON, {}, security=Security.SIGNED)
        assert sent.used is not None  # noqa: S101  # what is signed is signed by somebody
        return sent.used

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
            self._forget(message["id"])
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
            self.logon.end()
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
            self.logon.standing.granted(sent.used)
        elif sent.method == LOGOUT:
            self.logon.standing.granted(None)
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
            pushed = json.loads(message.data) if message.type is WSMsgType.TEXT else {}
            refused = self._read(inbox, pushed, message)
        else:
            inbox.granted(sent, message)
            refused = self.logon.standing.answered(sent.message["id"])
        for name in refused:
            pushed, nameless = self._nameless
            pushed = {**pushed, "id": name}
            named = nameless._replace(data=json.dumps(pushed))
            _answer(inbox, self, self.waiting.pop(name), pushed, named)
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

    def _read(self, inbox: Inbox, pushed: dict[str, Any], message: Any) -> list[object]:
        """Hand on what arrived; return which other requests were refused with their session."""
        used, name = self.logged_on, pushed.get("id")
        refused = self.logon.standing.heard(pushed)
        if used is not None and self.logged_on is None:
            inbox.logged_off(self)
        if is_nameless(pushed) and any(each.by_session for each in self.waiting.values()):
            self._nameless = pushed, message
            return refused
        sent = self.waiting.pop(name, None)
        if sent is None and is_nameless(pushed) and used is not None:
            sent = Sent({}, used)
        if sent is None:
            inbox.pushed(self, pushed, message)
        else:
            _answer(inbox, self, sent, pushed, message)
        return [each for each in refused if each != name]

    def _expect(self, sent: Sent) -> None:
        if len(self.waiting) >= _MOST_WAITING:
            self._forget(next(iter(self.waiting)))
        self.waiting[sent.message.get("id")] = sent

    def _forget(self, name: object) -> None:
        self.waiting.pop(name, None)
        self.logon.standing.forget(name)

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


def _answer(inbox: Inbox, link: Link, sent: Sent, answer: dict[str, Any], message: Any) -> None:
    if sent.reply is None:
        inbox.answered(link, sent, answer, message)
    elif not sent.reply.done():
        sent.reply.set_result(answer)


def _needs_a_key(method: str) -> bool:
    return method == SUBSCRIBE or security_of_method(method) is Security.SIGNED
