"""User events without a gap: the next stream is open before the one before it ends.

The exchange allows one stream of an account on a connection, so that each is on one of its own. The
new one is subscribed before the old one is ended; its events wait until the old one has delivered
all of its own, so that none is lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._wire._background import (
    LONGEST_PAUSE_SECONDS,
    call,
    follow,
    longer,
    wait_for_news,
)
from binance_creds.adapters._wire._streams._merger import EventMerger
from binance_creds.adapters._wire._streams._reader import Reader, StreamOverError
from binance_creds.adapters._wire._streams._refused import RefusedError, is_same_key, text_of
from binance_creds.errors import CredentialsError, VerificationError
from binance_creds.exchange import Meaning, rejection_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._streams._reader import Subscription

__all__ = ["Follower"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_SOUND_SECONDS: Final = 10.0  # a stream that lasted longer has not failed at its beginning
_OPEN_SECONDS: Final = 20.0  # for a connection, a request of REST, and the subscription
_LOOK_SECONDS: Final = 1.0  # at a handle that does not tell of its rotations


class Follower:
    """Follow the user events of an account; used from one event loop.

    Args:
        open_: opens a stream with the credentials of now.
        credentials: credentials, or a handle that has them.
        rejected: reports what the exchange refuses.
        reconcile: called whenever another stream has taken over; may be awaitable.
    """

    def __init__(
        self,
        open_: Callable[[], Awaitable[Subscription]],
        credentials: CredentialsHandle,
        *,
        rejected: Rejected,
        reconcile: Callable[[], object] | None = None,
    ) -> None:
        self._open: Final = open_
        self._credentials: Final = credentials
        self._rejected: Final = rejected
        self._reconcile: Final = reconcile
        self._merger: Final = EventMerger()
        self._readers: list[Reader] = []
        self._news = asyncio.Event()
        self._ended_soon = 0.0
        self._next: asyncio.Queue[Reader | BaseException] = asyncio.Queue()

    async def events(self) -> AsyncIterator[Mapping[str, Any]]:
        """Give the events of the account, each once, in their order."""
        self._loop = asyncio.get_running_loop()
        leave = follow(self._credentials, self._wake)
        supervisor = asyncio.create_task(self._supervise())
        try:
            reader = await self._taken_over()
            while True:
                async for event in reader.events():
                    if self._merger.accept(reader, event):
                        yield event
                self._merger.close(reader)
                reader = await self._taken_over()
                await call(self._reconcile)
        finally:
            leave()
            supervisor.cancel()
            await asyncio.wait({supervisor})  # what it was opening or closing is known then
            for reader in self._readers:
                await reader.close()

    async def _taken_over(self) -> Reader:
        found = await self._next.get()
        if isinstance(found, BaseException):
            raise found
        return found

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._news.set)

    async def _supervise(self) -> None:
        try:
            current = await self._opened(None)
            self._next.put_nowait(current)
            while True:
                await self._until_due(current)
                new = await self._opened(current)
                if new is current:
                    continue
                self._next.put_nowait(new)
                await current.finish()
                self._readers.remove(current)
                current = new
        except Exception as error:  # noqa: BLE001  # raised where the events are taken
            self._next.put_nowait(error)

    async def _until_due(self, reader: Reader) -> None:
        """Return when another stream is needed."""
        stream = _of(reader)
        renew_at = time.monotonic() + (stream.renew_seconds or float("inf"))
        while not reader.is_over and not self._is_behind(reader):
            left = renew_at - time.monotonic()
            if left <= 0:
                if not await self._is_kept(stream):
                    return
                renew_at = time.monotonic() + (stream.renew_seconds or float("inf"))
                continue
            await self._pause(min(left, _LOOK_SECONDS))

    async def _is_kept(self, stream: Subscription) -> bool:
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                return await stream.keep()
        except (RefusedError, CredentialsError, OSError, TimeoutError):
            return False

    def _is_behind(self, reader: Reader) -> bool:
        try:
            current = self._credentials.current
        except CredentialsError:
            return False  # the stream goes on while it can
        return not is_same_key(_of(reader).used, current)

    async def _opened(self, old: Reader | None) -> Reader:
        """Return another stream, however long that takes; the old one where it is good again."""
        self._news.clear()
        await self._calm_down(old)
        pause = 0.0
        while True:
            least = 0.0
            try:
                return await self._tried()
            except RefusedError as error:
                if await self._rejected.aagain(error.answer, error.used):
                    continue
                least = _judged(error, has_stream=old is not None and not old.is_over)
            except (CredentialsError, StreamOverError, OSError, TimeoutError) as error:
                is_lasting = isinstance(error, CredentialsError) and not error.retryable
                if is_lasting and (old is None or old.is_over):
                    raise
                _LOG.warning("No user data stream could be opened: %s.", text_of(error))
            pause = longer(pause)
            await self._pause(max(pause, least))
            if old is not None and not old.is_over and not self._is_behind(old):
                return old

    async def _calm_down(self, old: Reader | None) -> None:
        """Wait where streams end soon after they have begun, again and again."""
        if old is None or not old.is_over or old.lasted_seconds > _SOUND_SECONDS:
            self._ended_soon = 0.0
            return
        if self._ended_soon:
            await self._pause(self._ended_soon)
        self._ended_soon = longer(self._ended_soon)

    async def _tried(self) -> Reader:
        reader = Reader()
        self._merger.open(reader)  # before it subscribes: its events come at once
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                reader.start(await self._open(), self._news.set)
        except BaseException:
            self._merger.close(reader)
            raise
        self._readers.append(reader)
        return reader

    async def _pause(self, seconds: float) -> None:
        await wait_for_news(self._news, seconds)
        self._news.clear()


def _judged(error: RefusedError, *, has_stream: bool) -> float:
    """Return how long to wait at least after a refusal; raise what no waiting mends."""
    found = rejection_of(error.answer)
    msg = f"The exchange refused a user data stream with code {found.code}."
    if found.meaning in {Meaning.CREDENTIALS, Meaning.ACCOUNT} and not has_stream:
        raise VerificationError(msg, hint="Check the key, its permissions and its IP list.")
    _LOG.warning("%s", msg)
    is_limit = found.meaning is Meaning.LIMIT
    return max(found.wait_seconds, LONGEST_PAUSE_SECONDS if is_limit else 0.0)


def _of(reader: Reader) -> Subscription:
    subscription = reader.subscription
    assert subscription is not None  # noqa: S101  # it has been started
    return subscription
