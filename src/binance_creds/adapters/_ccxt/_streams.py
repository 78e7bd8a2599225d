"""The user data streams of one exchange of ccxt.pro: they follow the credentials."""

from __future__ import annotations

import asyncio
import logging
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientError
from ccxt.base.errors import AuthenticationError, BaseError, NetworkError

from binance_creds.adapters._ccxt._answers import Answers
from binance_creds.adapters._ccxt._renew import renew
from binance_creds.adapters._wire._background import Background, call, follow, longer, wait_for_news
from binance_creds.adapters._wire._streams._refused import RefusedError, is_same_key, text_of
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.adapters._ccxt._socket import Socket
    from binance_creds.adapters._wire._rejected import Rejected

__all__ = ["Streams"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_ENDS: Final = ("eventStreamTerminated", "listenKeyExpired")
_FAILURES: Final = (
    CredentialsError, RefusedError, BaseError, ClientError, OSError, TimeoutError
)  # fmt: skip


class Streams:
    """Renew the streams of an exchange whenever its credentials change; used from its event loop.

    Args:
        exchange: of ccxt.pro.
        credentials: its handle.
        rejected: is told of what the exchange refuses.
        reconcile: called after a stream has changed its connection, or `None`.

    Attributes:
        opening: held while a stream is opened, by ccxt or here.
        background: what runs beside the exchange, and ends with it.
    """

    def __init__(
        self,
        exchange: Any,
        credentials: CredentialsHandle,
        rejected: Rejected,
        reconcile: Callable[[], object] | None,
    ) -> None:
        self._exchange: Final = weakref.ref(exchange)
        self._credentials: Final = credentials
        self._reconcile: Final = reconcile
        self._used: dict[str, tuple[object, Credentials | None]] = {}
        self._replaced: list[Socket] = []
        self._news = asyncio.Event()
        self.opening: Final = asyncio.Lock()
        self.background: Final = Background()
        self._answers: Final = Answers(self._exchange, rejected, self.background)
        self.is_running = False

    def follow(self) -> Callable[[], object]:
        """Hear of rotations; return what ends it. The handle does not keep the exchange alive."""
        return follow(self._credentials, self.wake_from_a_thread)

    def wake_from_a_thread(self) -> None:
        """Renew what is behind; any thread may call it."""
        loop = getattr(self._exchange(), "asyncio_loop", None)
        if loop is not None:
            with suppress(RuntimeError):  # it has closed
                loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        """Renew what is behind."""
        self._news.set()
        if not self.is_running and self._exchange() is not None:
            self.is_running = True
            self.background.run(self._follow())

    async def close(self) -> None:
        """End what runs, and the connections that ccxt does not know any more."""
        await self.background.end()
        for old in self._replaced:
            await old.aiohttp_close()

    def snapshot(self) -> Credentials:
        """Return the credentials of now."""
        return self._credentials.current

    def note(self, found: Mapping[str, object], used: Credentials) -> None:
        """Note whose the streams are that have been opened; of those that are known, nothing."""
        for kind, stream in found.items():
            if kind not in self._used or self._used[kind][0] is not stream:
                self._used[kind] = stream, used
        if self._behind():
            self.wake()

    def renewed(self, kind: str, stream: object, used: Credentials) -> None:
        """Note whose a stream is now."""
        self._used[kind] = stream, used

    def replaced(self, old: Socket) -> None:
        """Keep a connection in mind until it is closed: another has taken its place."""
        self._replaced = [one for one in self._replaced if not one.connection.closed] + [old]

    def heard(self, client: Socket, message: Any) -> bool:
        """Take what arrives on a connection; return whether ccxt is to have it."""
        if not isinstance(message, dict):
            return True
        if self._answers.is_one(client, message):
            return self._answers.heard(client, message)
        if "subscriptionId" not in message and not client.is_private:
            return True
        event = message.get("event", message)
        if isinstance(event, dict) and event.get("e") in _ENDS:
            self._ended(client)
            return False
        if client.held is not None:
            client.held.append(message)
            return False
        return client.merger.accept(client, message)

    def _ended(self, client: Socket) -> None:
        if client.successor is not None:
            return
        _LOG.warning("The exchange ended a user data stream; it is subscribed again.")
        for kind, (stream, _) in self._used.items():
            if stream is client or (isinstance(stream, str) and stream in client.url):
                self._used[kind] = stream, None
        self.wake()

    async def _follow(self) -> None:
        pause = 0.0
        try:
            while self._behind():
                self._news.clear()
                before = self.snapshot()
                try:
                    async with self.opening:
                        await renew(self._exchange(), self, self._behind())
                    await call(self._reconcile)
                except _FAILURES as error:
                    if await self._has_newer(before, error):
                        continue
                    _LOG.error("A user data stream still has the old key: %s.", text_of(error))
                    self._give_up(error)
                    pause = longer(pause)
                    await wait_for_news(self._news, pause)
                else:
                    pause = 0.0
        finally:
            self.is_running = False

    async def _has_newer(self, before: Credentials, error: Exception) -> bool:
        """Report a rejection; return whether there are other credentials now."""
        if isinstance(error, RefusedError):
            await self._answers.report(error)
        with suppress(CredentialsError):
            return self.snapshot() is not before
        return False

    def _behind(self) -> dict[str, bool]:
        """Return the streams of another key than that of now, and whether they have ended."""
        exchange = self._exchange()
        if exchange is None:
            return {}
        try:
            fresh = self.snapshot()
        except CredentialsError as error:
            _LOG.error("User data streams keep their key: %s.", text_of(error))
            return {}
        there = exchange.user_streams()
        used = {kind: self._used.get(kind, (None, None))[1] for kind in there}
        return {kind: mine is None for kind, mine in used.items() if not is_same_key(mine, fresh)}

    def _give_up(self, error: Exception) -> None:
        """Fail what waits for a stream that has ended, so that ccxt authenticates anew."""
        exchange: Any = self._exchange()
        gone = [kind for kind, is_over in self._behind().items() if is_over]
        refused = isinstance(error, RefusedError | AuthenticationError)
        kind_of_error = AuthenticationError if refused else NetworkError
        for kind in gone:
            told = kind_of_error(f"{exchange.id} the user data stream has ended: {text_of(error)}")
            exchange.forget_user_stream(kind, told)
            self._used.pop(kind, None)
