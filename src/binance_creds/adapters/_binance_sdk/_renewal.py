"""Follow the credentials: log on again, and move user data streams without a gap.

A stream moves to a further connection, because the exchange allows one of an account on each. The
new one is subscribed before the old one ends. Its events wait until the old one has said that it is
unsubscribed, so that none is lost, doubled or out of order; requests go to the new one from the
moment it is ready, and the old one is closed once every request on it has its answer.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiohttp import ClientError

from binance_creds._enums import KeyType
from binance_creds.adapters._binance_sdk._sent import (
    LOGON,
    LOGOUT,
    SIGNED_SUBSCRIBE,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Subscription,
)
from binance_creds.adapters._wire._background import call, longer, wait_for_news
from binance_creds.adapters._wire._streams._refused import RefusedError, is_same_key, text_of
from binance_creds.errors import CredentialsError
from binance_creds.exchange._endpoints import Security

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds.adapters._binance_sdk._line import Line
    from binance_creds.adapters._binance_sdk._link import Link
    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["Renewal"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_FAILURES: Final = (CredentialsError, RefusedError, ClientError, OSError, TimeoutError)
_SETTLE_SECONDS: Final = 25.0  # the SDK waits for an answer for 20 s


class Renewal:
    """Bring one connection of the SDK to the credentials of now; used from one event loop."""

    def __init__(self, line: Line, wiring: Wiring) -> None:
        self._line = line
        self._wiring = wiring
        self._news = asyncio.Event()
        self._is_running = False

    def wake(self) -> None:
        """Begin, or try again at once."""
        self._news.set()
        if not self._is_running:
            self._is_running = True
            self._line.background.run(self._follow())

    async def log_on(self, link: Link) -> bool:
        """Log a connection on as the client wants it; return `False` where the key cannot."""
        logon = self._line.logon
        if logon is None or not _can_log_on(self._wiring.signer.credentials.current):
            return False
        await link.ask(LOGON, logon.get("params", {}), security=Security.SIGNED)
        return True

    async def _follow(self) -> None:
        pause = 0.0
        try:
            while self._is_behind():
                self._news.clear()
                try:
                    await self._catch_up()
                except _FAILURES as error:
                    _LOG.error("A WebSocket connection still has the old key: %s.", text_of(error))
                    pause = longer(pause)
                    await wait_for_news(self._news, pause)
                else:
                    pause = 0.0
        finally:
            self._is_running = False

    def _is_behind(self) -> bool:
        line, link = self._line, self._line.current
        if line.is_closed or self._wiring.is_over or link.raw.closed:
            return False
        try:
            fresh = self._wiring.signer.credentials.current
        except CredentialsError as error:
            _LOG.error("A WebSocket connection keeps its key: %s.", text_of(error))
            return False
        if not all(is_same_key(each.used, fresh) for each in link.subscriptions.values()):
            return True
        wanted = fresh if line.logon is not None and _can_log_on(fresh) else None
        return line.logon is not None and not is_same_key(link.logged_on, wanted)

    async def _catch_up(self) -> None:
        line, link = self._line, self._line.current
        if link.subscriptions:
            await self._move(link)
        elif await self.log_on(link):
            line.mark(is_logged_on=True)
        else:
            line.mark(is_logged_on=False)  # before the logout: what is sent after it is signed
            await link.ask(LOGOUT, {})

    async def _move(self, old: Link) -> None:
        """Move everything to a further connection."""
        line = self._line
        new = await line.connect()
        new.held = []
        try:
            is_logged_on = await self.log_on(new)
            await self._subscribe(old, new)
        except BaseException:
            await new.raw.close()
            raise
        line.current = new
        if line.logon is not None:
            line.mark(is_logged_on=is_logged_on)
        await self._unsubscribe(old)
        line.release(new)
        line.background.run(self._retire(old))
        await call(self._wiring.reconcile)

    async def _subscribe(self, old: Link, new: Link) -> None:
        """Open the streams of one connection on another."""
        known = {each.number for each in new.subscriptions.values()}
        for each in old.subscriptions.values():
            method = each.message["method"]
            security = Security.SIGNED if method == SIGNED_SUBSCRIBE else None
            if method == SUBSCRIBE and new.logged_on is None:
                method, security = SIGNED_SUBSCRIBE, Security.SIGNED
            if each.number not in known:
                before = set(new.subscriptions)
                sent = await new.ask(method, each.message.get("params", {}), security=security)
                (number,) = set(new.subscriptions) - before
                new.subscriptions[number] = Subscription(each.number, each.message, sent.used)

    async def _unsubscribe(self, old: Link) -> None:
        """End the streams of a connection; what it still had to bring has arrived then."""
        for each in [one for one in old.subscriptions.values() if one.used is not None]:
            with suppress(*_FAILURES):  # its key, or itself, may be gone
                await old.ask(UNSUBSCRIBE, {"subscriptionId": each.number})
        self._line.merger.close(old)

    async def _retire(self, old: Link) -> None:
        """Close a connection once every request on it has its answer."""
        await old.settle(_SETTLE_SECONDS)
        if old.subscriptions:  # one was asked for while all others moved
            with suppress(*_FAILURES):
                await self._subscribe(old, self._line.current)
                await self._unsubscribe(old)
        await old.raw.close()


def _can_log_on(credentials: Credentials) -> bool:
    return credentials.key_type is KeyType.ED25519
