"""What runs beside the connections of a client, and ends with them."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Background", "call", "wait_for_news"]


class Background:
    """The tasks of one event loop that open, move and close connections."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Run beside the others."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Cancel every task but the caller, and wait: what they have opened is known then."""
        while others := self._tasks - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)


async def call(told: Callable[[], object] | None) -> None:
    """Call a function of the user's, and await what it returns if that can be awaited."""
    result = told() if told is not None else None
    if inspect.isawaitable(result):
        await result


async def wait_for_news(news: asyncio.Event, seconds: float) -> None:
    """Wait until an event is set, for some seconds at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
