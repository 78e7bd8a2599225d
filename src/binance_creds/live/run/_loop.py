"""`Loop`: one daemon thread that takes turns, and waits in between."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from contextlib import suppress

from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import report, spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.run._locks import LOCK, is_inside

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

__all__ = ["Bell", "Loop"]

DEFECT_SECONDS: Final = 1.0  # until the next turn after one that raised


class Bell:
    """What a thread waits by until it is rung."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # taken until it rings
        self._lock.acquire()

    def ring(self) -> None:
        """End a `wait`, or the next one; takes no lock."""
        with suppress(RuntimeError):  # it has rung already
            self._lock.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, or for some seconds; return whether it has."""
        return self._lock.acquire(timeout=max(0.0, min(seconds, threading.TIMEOUT_MAX)))


class Loop:
    """Call what other threads post, then take a turn, then wait; again and again.

    A signal handler that raises, as that of Ctrl-C does, may interrupt the main thread between any
    two steps. It never interrupts this one: what must be done whole is posted to it.

    Args:
        turn: called with `LOCK` held; returns how many seconds to wait, `None` to end the thread.
    """

    def __init__(self, turn: Callable[[], float | None]) -> None:
        self._turn = turn
        self._posted: deque[Callable[[], object]] = deque()  # needs no lock
        self.start_clean()

    def start_clean(self) -> None:
        """Forget the thread, which does not run in a forked child; what was posted stays."""
        self.bell = Bell()
        self._is_running = False  # set by the thread itself
        self._thread: int | None = None

    @property
    def is_here(self) -> bool:
        """Whether this thread is the one of the loop."""
        return self._thread == threading.get_ident()

    @property
    def is_idle(self) -> bool:
        """Whether all that was posted has been called, or is being called."""
        return not self._posted

    def ring(self) -> None:
        """End the wait; takes no lock."""
        self.bell.ring()

    def ring_elsewhere(self) -> None:
        """Do what `ring` does, but not within the thread itself: it looks before it waits."""
        if not self.is_here:
            self.ring()

    def wait_by(self, bell: Bell) -> None:
        """Have the thread wait by another bell from now on.

        Whoever rang the one before is not lost: the thread looks again once it has this one.
        """
        before, self.bell = self.bell, bell
        before.ring()

    def start(self) -> bool:
        """Ring, and return whether there is a thread that hears it. Whoever calls holds `LOCK`."""
        self.ring()
        return self._is_running or spawn(self._run, "live")

    def post(self, call: Callable[[], object]) -> None:
        """Have something called soon.

        Collection may call this at any point, also within a method of this object: it takes no
        lock, and starts no thread.
        """
        self._posted.append(call)
        self.ring()

    def submit(self, call: Callable[[], object]) -> bool:
        """Have something called soon; return whether there is a thread for it."""
        self._posted.append(call)
        with LOCK:
            if self.start():
                return True
        with suppress(ValueError):  # a thread that was ending has called it
            self._posted.remove(call)
        return False

    def run(self, call: Callable[[], object]) -> None:
        """Have something called, and wait for that where it is possible.

        Where a lock is held, as within a collection, it is called later, in the order of posting;
        where there is no thread, it is called here.
        """
        if is_inside() or self.is_here:
            self.post(call)
            return
        if sys.is_finalizing():  # pragma: no cover  # the thread does not run any more
            call()
            return
        done = Latch()

        def call_and_tell() -> None:
            try:
                call()
            finally:
                done.set()

        if self.submit(call_and_tell):
            done.wait(float("inf"))
        else:
            call()

    # the thread

    def _run(self) -> None:
        with LOCK:
            if self._is_running:
                return
            self._is_running, self._thread = True, threading.get_ident()
        while self._goes_on():
            pass

    def _goes_on(self) -> bool:
        """Take a turn and wait; after a defect too, or handles would be served for ever."""
        try:
            wait = self._round()
            if wait is not None and wait > 0 and not self._posted:
                self.bell.wait(wait)
        except BaseException as error:  # noqa: BLE001  # such as no memory, or no descriptor to import by
            report(error)
            time.sleep(DEFECT_SECONDS)
            return True
        return wait is not None

    def _round(self) -> float | None:
        while self._posted:
            self._posted.popleft()()
        with LOCK:
            wait = self._turn()
            if wait is None and self._posted:
                return 0.0
            if wait is None:
                self._is_running, self._thread = False, None
            return wait
