"""`Latch`: something that happens once, and whoever waits for it, threads and tasks alike."""

from __future__ import annotations

import threading
from contextlib import suppress

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Latch"]


class Latch:
    """An event that no interrupt can break.

    `threading.Event` takes its lock in Python code: a signal handler that raises there, as that of
    Ctrl-C does, leaves the lock taken, and whoever sets the event waits for ever. This has none:
    it relies on calls that are atomic in Python itself.
    """

    __slots__ = ("callbacks", "is_set")

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], object]] = []
        self.is_set = False

    def set(self) -> None:
        """Wake whoever waits, now and later."""
        self.is_set = True
        with suppress(IndexError):  # all have been called
            while True:
                self.callbacks.pop(0)()

    def call(self, callback: Callable[[], object]) -> None:
        """Call something once it is set: at once if it is, else in the thread that sets it."""
        self.callbacks.append(callback)
        if self.is_set:
            self.set()

    def wait(self, seconds: float) -> bool:
        """Block until it is set; return whether it is."""
        bell = threading.Lock()
        bell.acquire()
        self.call(bell.release)
        bell.acquire(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))
        self._forget(bell.release)
        return self.is_set

    async def wait_async(self, seconds: float) -> bool:
        """Do what `wait` does without blocking the event loop; cancelling just ends the wait."""
        import asyncio  # noqa: PLC0415  # synchronous programs never need it

        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop closed while its task had already gone
                loop.call_soon_threadsafe(woken.set)

        self.call(wake)
        try:
            async with asyncio.timeout(min(seconds, threading.TIMEOUT_MAX)):
                await woken.wait()
        except TimeoutError:
            return self.is_set
        finally:
            self._forget(wake)
        return True

    def _forget(self, callback: Callable[[], object]) -> None:
        with suppress(ValueError):  # it has been called
            self.callbacks.remove(callback)
