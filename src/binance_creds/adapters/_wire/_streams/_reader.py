"""One user data stream, read as fast as it comes."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from binance_creds._credentials import Credentials

__all__ = ["Reader", "StreamOverError", "Subscription"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
FAREWELL_SECONDS: Final = 5.0  # for what is still underway on a stream that ends


class StreamOverError(Exception):
    """The exchange has ended a stream, or the connection is gone."""


class Subscription(Protocol):
    """A user data stream on a connection of its own."""

    used: Credentials
    renew_seconds: float | None
    """How long it lasts without `keep`; `None`: as long as its connection."""

    async def receive(self) -> Mapping[str, Any]:
        """Return the next event.

        Raises:
            StreamOverError: there are no more.
        """

    async def end(self) -> None:
        """Ask for the end; `receive` raises once all events before it have come."""

    async def keep(self) -> bool:
        """Let it last as long again; `False` where only a new one helps."""

    async def close(self) -> None:
        """Close the connection."""


class Reader:
    """Keep the events of a stream until somebody takes them; used from one event loop."""

    def __init__(self) -> None:
        self.is_over = False
        self.lasted_seconds = 0.0
        self.subscription: Subscription | None = None
        self._events: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def start(self, subscription: Subscription, on_over: Callable[[], object]) -> None:
        """Begin to read."""
        self.subscription = subscription
        self._task = asyncio.create_task(self._read(subscription, on_over))

    async def events(self) -> AsyncIterator[Mapping[str, Any]]:
        """Give the events until the stream is over."""
        while (event := await self._events.get()) is not None:
            yield event

    async def finish(self) -> None:
        """End the stream once all that is underway has come, and close its connection."""
        if self.subscription is None or self._task is None:
            return
        with suppress(TimeoutError, OSError, StreamOverError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                if not self.is_over:
                    await self.subscription.end()
                await asyncio.shield(self._task)
        await self.close()

    async def close(self) -> None:
        """Close the connection at once; the events that have come are still given."""
        if self._task is not None:
            self._task.cancel()
        if self.subscription is not None:
            with suppress(Exception):
                await self.subscription.close()

    async def _read(self, subscription: Subscription, on_over: Callable[[], object]) -> None:
        began = time.monotonic()
        try:
            while True:
                self._events.put_nowait(await subscription.receive())
        except (StreamOverError, OSError) as error:
            _LOG.debug("A user data stream is over: %s", type(error).__name__)
        finally:
            self.lasted_seconds = time.monotonic() - began
            self.is_over = True
            self._events.put_nowait(None)
            on_over()
