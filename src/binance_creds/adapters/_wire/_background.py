"""What runs beside the connections of a client, and ends with them."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from binance_creds._time._backoff import next_pause

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["LONGEST_PAUSE_SECONDS", "Background", "call", "follow", "longer", "wait_for_news"]

_FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 30.0


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


def longer(pause_seconds: float) -> float:
    """Return the pause after this one, before the next try; 0 comes before the first."""
    return next_pause(pause_seconds, first=_FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)


def follow(credentials: Any, wake: Callable[[], None]) -> Callable[[], object]:
    """Call a method after each rotation; return what ends it. Its object is not kept alive by it.

    Args:
        credentials: a handle; credentials that never change are fine.
        wake: a bound method; any thread may call it.
    """
    on_rotation = getattr(credentials, "on_rotation", None)
    if on_rotation is None:
        return lambda: None
    woken: weakref.WeakMethod[Any] = weakref.WeakMethod(wake)

    def changed(_: object) -> None:
        if (method := woken()) is not None:
            method()

    owner = wake.__self__  # type: ignore[attr-defined]  # it is bound
    return weakref.finalize(owner, on_rotation(changed))  # calls it once
