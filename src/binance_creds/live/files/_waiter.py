"""`FileWaiter`: what the engine's thread waits by while files are watched."""

from __future__ import annotations

import time

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._targets import Targets
from binance_creds.live.run._loop import Bell

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents

__all__ = ["FileWaiter", "Look"]

# A file that was changed less than 30 ms ago is read twice; and one change makes several events.
GATHER_SECONDS: Final = 0.032
_RETRY_SECONDS: Final = 0.5  # where no thread could be had
_RECHECK_SECONDS: Final = 0.02  # while a thread looks
HANG_SECONDS: Final = 10.0  # for as long as no thread has ended, none is waited for any more
_NEVER: Final = float("inf")


class Look:
    """What a thread is to look at.

    Args:
        events: at what they are about.
        is_comparison: whether at all files.
    """

    __slots__ = ("events", "is_comparison")

    def __init__(self, events: list[Event], *, is_comparison: bool) -> None:
        self.events, self.is_comparison = events, is_comparison


class FileWaiter(Bell):
    """Wait to be rung, for events of the kernel, and for when files are to be compared.

    It does nothing that could block: a file system may hang.

    Args:
        kernel: gives the events.
        look: starts a thread that looks; returns whether there was one.
        compare_seconds: between two comparisons, at least.

    Attributes:
        targets: what is watched.
        looking: what threads look at, with the time at which they began.
        is_lost: whether it stands in after a defect, and knows of no file.
    """

    def __init__(
        self,
        kernel: Inotify | NoEvents,
        look: Callable[[Look], bool],
        compare_seconds: float,
        *,
        is_lost: bool = False,
    ) -> None:
        self.kernel, self.targets, self.is_lost = kernel, Targets(kernel), is_lost
        self._look, self._compare_seconds = look, compare_seconds
        self._events: list[Event] = []
        self._look_at = _NEVER  # when what was heard is looked at
        self._compare_at = time.monotonic() + compare_seconds
        self.looking: dict[object, float] = {}
        self._rest = 0.0  # after the last comparison

    def ring(self) -> None:
        """End a `wait`, or the next one; takes no lock."""
        self.kernel.ring()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, or for some seconds, and have files looked at meanwhile."""
        ends_at = time.monotonic() + seconds
        while not (has_rung := self._has_rung(ends_at)) and time.monotonic() < ends_at:
            pass
        return has_rung

    def _has_rung(self, ends_at: float) -> bool:
        """Wait for whatever comes first."""
        is_gathering = self._look_at < _NEVER
        due_at = min(ends_at, self._look_at, self._compares_at())
        events = self.kernel.heard(due_at - time.monotonic(), for_events=not is_gathering)
        now = time.monotonic()
        if events:
            self._events += events
            self._look_at = min(self._look_at, now + GATHER_SECONDS)
        is_comparison = now >= self._compares_at()
        if is_comparison or now >= self._look_at:
            more = self.kernel.heard(0.0)
            self._events += more or ()
            self._begin(now, is_comparison=is_comparison)
            return events is None or more is None
        return events is None

    def _compares_at(self) -> float:
        """What a comparison finds must not be what a thread is about to tell of an event."""
        now = time.monotonic()
        is_looking = any(now < began + HANG_SECONDS for began in list(self.looking.values()))
        return max(self._compare_at, now + _RECHECK_SECONDS) if is_looking else self._compare_at

    def _begin(self, now: float, *, is_comparison: bool) -> None:
        """Have files looked at: all that an event was about, or all of them."""
        if is_comparison:
            self._compare_at, self._rest = now + self._compare_seconds, 0.0
        look = Look(self._events, is_comparison=is_comparison)
        self.looking[look] = now
        if self._look(look):
            self._events, self._look_at = [], _NEVER
        else:
            del self.looking[look]
            self._look_at = now + _RETRY_SECONDS

    def rest(self, seconds: float) -> None:
        """Compare later by so long; called by each thread that has compared a part."""
        self._rest += seconds
        self._compare_at = max(self._compare_at, time.monotonic() + self._rest)
