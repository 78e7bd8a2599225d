"""The connection in use, of those that take turns below one connection of the SDK."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._binance_sdk._link import Link
from binance_creds.adapters._binance_sdk._sent import LOGON, LOGOUT, Sent
from binance_creds.adapters._wire._background import Background
from binance_creds.adapters._wire._sessions._standing import lacks_session
from binance_creds.adapters._wire._streams._merger import EventMerger
from binance_creds.errors import CredentialsError
from binance_creds.exchange._endpoints import Security

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["Line"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_TERMINATED: Final = "eventStreamTerminated"


class Line:
    """Collect what arrives on all connections; an `Inbox`.

    Attributes:
        current: the connection that requests go to.
        logon: the client's own `session.logon`, while it wants to be logged on, or `None`.
        arrived: what the client has still to read.
        is_closed: whether the client has closed it.
        merger: drops events that two connections bring.
        background: what runs beside; it ends with the connection.
    """

    current: Link

    def __init__(
        self, dial: Callable[[], Awaitable[Any]], url: str, wiring: Wiring, wake: Callable[[], None]
    ) -> None:
        self.logon: Mapping[str, Any] | None = None
        self.arrived: asyncio.Queue[Any] = asyncio.Queue()
        self.is_closed = False
        self.merger: Final = EventMerger()
        self.background: Final = Background()
        self.mark: Callable[..., None] = lambda **_: None
        self._dial: Final = dial
        self._url: Final = url
        self._wiring: Final = wiring
        self._wake: Final = wake
        self._links: list[Link] = []

    async def connect(self) -> Link:
        """Return a further connection, from which events are expected."""
        link = Link(await self._dial(), self._url, self._wiring)
        self._links.append(link)
        self.merger.open(link)
        self.background.run(link.run(self))
        return link

    async def close(self, **options: Any) -> bool:
        """Close every connection; return whether the one in use was open."""
        self.is_closed = True
        was_open = not self.current.raw.closed
        try:
            await self.background.end()
        finally:  # also those that were opened meanwhile
            for link in list(self._links):
                await link.raw.close(**options)
        return was_open

    def release(self, link: Link) -> None:
        """Hand on the events that a connection has held back."""
        held, link.held = link.held or [], None
        for pushed, message in held:
            self._deliver(link, pushed, message)

    def granted(self, sent: Sent, message: Any) -> None:
        """Take an answer that only the client needs."""
        self._wiring.rejected.accepted(sent.used)
        self.arrived.put_nowait(message)

    def answered(self, link: Link, sent: Sent, answer: dict[str, Any], message: Any) -> None:
        """Take the answer to a request of the client."""
        if "error" in answer and sent.used is not None:
            self.background.run(self._refused(sent, answer, message))
            return
        if "error" not in answer:
            link.note(sent, answer)
            self._wiring.rejected.accepted(sent.used)
            if sent.method in {LOGON, LOGOUT}:
                self.logon = sent.message if sent.method == LOGON else None
                self.mark(is_logged_on=self.logon is not None)  # binance-common 4.5 forgets to
        self.arrived.put_nowait(message)

    def pushed(self, link: Link, pushed: dict[str, Any], message: Any) -> None:
        """Take what is no answer."""
        subscription = link.subscriptions.get(pushed.get("subscriptionId", -1))
        if subscription is None:
            if link is self.current:
                self.arrived.put_nowait(message)
        elif pushed.get("event", {}).get("e") == _TERMINATED:
            subscription.used = None
            if link is self.current:
                _LOG.warning("The exchange ended a user data stream; it is subscribed again.")
                self._wake()
        elif link.held is not None:
            link.held.append((pushed, message))
        else:
            self._deliver(link, pushed, message)

    def ended(self, link: Link, message: Any) -> None:
        """Take the end of a connection."""
        self.merger.close(link)
        self._links.remove(link)
        if link is self.current:
            if link.subscriptions and not self.is_closed:
                _LOG.error("A connection with a user data stream has ended; its stream ends, too.")
            self.arrived.put_nowait(message)

    def logged_off(self, link: Link) -> None:
        """Take the end of a session; its connection goes on."""
        if link is self.current:
            self.mark(is_logged_on=False)
        self._wake()

    async def _refused(self, sent: Sent, answer: dict[str, Any], message: Any) -> None:
        """Report a rejection; send the request once more where the handle says so.

        One that relied on a session which had ended is sent once more in any case.
        """
        if sent.by_session and lacks_session(answer) and not sent.was_lost:
            if not await self._sent_again(replace(sent, was_lost=True)):
                self.arrived.put_nowait(message)
            return
        retry = self._wiring.retry and not sent.is_second and bool(sent.message)
        if not retry:
            self.arrived.put_nowait(message)
        again = False
        with suppress(CredentialsError):  # of a handle that is closed
            again = await self._wiring.rejected.aagain(answer, sent.used)
        if retry and not (again and await self._sent_again(replace(sent, is_second=True))):
            self.arrived.put_nowait(message)

    async def _sent_again(self, sent: Sent) -> bool:
        security = Security.SIGNED if "timestamp" in sent.params else None
        try:
            await self.current.send(replace(sent, by_session=False), security=security)
        except (CredentialsError, ConnectionError):
            return False
        return True

    def _deliver(self, link: Link, pushed: dict[str, Any], message: Any) -> None:
        number = pushed["subscriptionId"]
        subscription = link.subscriptions.get(number)
        if not self.merger.accept(link, pushed):
            return
        if subscription is not None and subscription.number != number:
            moved = {**pushed, "subscriptionId": subscription.number}
            message = message._replace(data=json.dumps(moved))
        self.arrived.put_nowait(message)
