"""`Publisher`: a thread for what the user runs on events: handlers of logging, and telemetry."""

from __future__ import annotations

import atexit
import time
from collections import deque
from contextlib import suppress

from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.run._locks import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

__all__ = ["Publisher"]

MOST_WAITING: Final = 10_000  # calls, some 2 MB; beyond that a handler hangs, or is far too slow
# A bulk change of files brings an event each half a millisecond. A thread for each takes longer
# than what it does, and one that is woken for each takes the interpreter from those who read.
PAUSE_SECONDS: Final = 0.01
EXIT_SECONDS: Final = 0.5  # for what is still waiting when the process ends


class Publisher:
    """Call in order, in one thread, what may block for ever. Threads may share it.

    The thread ends when nothing has come for a moment. What does not fit is dropped, and counted.

    Args:
        tell_dropped: called, in its turn, with the number of calls that were dropped.
        thread: what the thread is called.
        most_waiting: calls.
        sleep: pauses the thread, for some seconds.
    """

    def __init__(
        self,
        tell_dropped: Callable[[int], object],
        *,
        thread: str = "events",
        most_waiting: int = MOST_WAITING,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._tell_dropped, self.most_waiting = tell_dropped, most_waiting
        self._thread, self._sleep = thread, sleep
        self._is_registered = False
        self.start_clean()

    def start_clean(self) -> None:
        """Forget what waits: in a forked child it is the parent's to publish."""
        self._waiting: deque[Callable[[], object]] = deque()
        self._dropped = 0
        self._is_running = False  # set by the thread itself

    def publish(self, call: Callable[[], object]) -> None:
        """Have something called; never blocks, and what it raises is ignored."""
        with LOCK:
            if len(self._waiting) >= self.most_waiting:
                self._dropped += 1
                return
        self._put(call)

    def flush(self, seconds: float) -> bool:
        """Wait until all has been called that was published before; return whether it has."""
        done = Latch()
        if not self._put(done.set):
            self._run()
        return done.wait(seconds)

    def _put(self, call: Callable[[], object]) -> bool:
        """Queue a call; return whether there is a thread for it. Without one it waits."""
        with LOCK:
            self._waiting.append(call)
            if not self._is_registered:  # after logging, so that it is called before
                self._is_registered = True
                atexit.register(self.flush, EXIT_SECONDS)
            if self._is_running:
                return True
        return spawn(self._run, self._thread)

    def _run(self) -> None:
        with LOCK:
            if self._is_running:
                return
            self._is_running = True
        try:
            self._call_all()
        except BaseException:  # such as no memory; the next call starts another thread
            self._is_running = False
            raise

    def _call_all(self) -> None:
        has_paused = False
        while not (has_paused and self._is_over()):
            call = self._next()
            if call is None:
                self._sleep(PAUSE_SECONDS)
            else:
                with suppress(BaseException):  # a handler's defect, or its sys.exit()
                    call()
            has_paused = call is None

    def _is_over(self) -> bool:
        """Return whether the thread ends, because nothing waits."""
        with LOCK:
            self._is_running = bool(self._waiting or self._dropped)
            return not self._is_running

    def _next(self) -> Callable[[], object] | None:
        with LOCK:
            if self._waiting:
                return self._waiting.popleft()
            dropped, self._dropped = self._dropped, 0
            return (lambda: self._tell_dropped(dropped)) if dropped else None
