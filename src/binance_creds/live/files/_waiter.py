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
_NEVER: Final = float("inf")


class Look:
    """What a thread is to look at.

    Args:
        events: at what they are about.
        ended: to be called when it has looked.
        is_comparison: whether at all files.
    """

    __slots__ = ("ended", "events", "is_comparison")

    def __init__(
        self, events: list[Event], ended: Callable[[Look], None], *, is_comparison: bool
    ) -> None:
        self.events, self.ended, self.is_comparison = events, ended, is_comparison


class FileWaiter(Bell):
    """Wait to be rung, for events of the kernel, and for when files are to be compared.

    It does nothing that could block: a file system may hang.

    Args:
        kernel: gives the events.
        look: starts a thread that looks; returns whether there was one.
        compare_seconds: between two comparisons, at least.

    Attributes:
        targets: what is watched.
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
        self._looking: set[object] = set()  # one for each thread that looks

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
        if now >= min(self._look_at, self._compares_at()):
            more = self.kernel.heard(0.0)
            self._events += more or ()
            self._begin(now)
            return events is None or more is None
        return events is None

    def _compares_at(self) -> float:
        """What a comparison finds must not be what a thread is about to tell of an event."""
        later = time.monotonic() + _RECHECK_SECONDS
        return max(self._compare_at, later) if self._looking else self._compare_at

    def _begin(self, now: float) -> None:
        """Have files looked at: all that an event was about, or all of them."""
        is_comparison = now >= self._compares_at()
        if is_comparison:
            self._compare_at = now + self._compare_seconds
        look = Look(self._events, self._looking.discard, is_comparison=is_comparison)
        self._looking.add(look)
        if self._look(look):
            self._events, self._look_at = [], _NEVER
        else:
            self._looking.discard(look)
            self._look_at = now + _RETRY_SECONDS

    def rest(self, seconds: float) -> None:
        """Compare no earlier than after so long; called by the thread that has compared."""
        self._compare_at = max(self._compare_at, time.monotonic() + seconds)
