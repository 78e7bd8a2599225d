"""`Fetching`: the fetch under way, and what is asked for meanwhile; decisions alone."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import UNDECIDED, Fetch, Output
from binance_creds.live.decide._schedule import Schedule
from binance_creds.live.decide._standing import GRACE_SECONDS, Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds.live.decide._timing import Timing

__all__ = ["Fetching"]

_SEVERAL: Final = ""  # versions were announced: no version


class Fetching(Standing):
    """One fetch at a time; what is asked meanwhile makes one more.

    Args:
        timing: the durations.
        now: the time of the first load.
        draw: a random number between two.

    Attributes:
        schedule: when the next fetch begins, unless something asks before.
        serial: of the last fetch that began.
        is_fetching: whether it is under way.
        is_closed: whether all has ended.
        announced: the version that the next fetch is to read, `None` for whatever is current; empty
            after several, for the same.
    """

    __slots__ = (
        "_again", "_is_confirming", "_is_wanted", "_lost_at", "announced", "is_closed",
        "is_fetching", "schedule", "serial",
    )  # fmt: skip

    def __init__(self, timing: Timing, now: float, draw: Callable[[float, float], float]) -> None:
        super().__init__(timing, now)
        self.schedule = Schedule(timing, now, draw)
        self.serial = 0
        self.is_fetching = self.is_closed = self._is_confirming = False
        self.announced: str | None = None
        self._again: bool | None = None  # asked while fetching; True where somebody waits
        self._is_wanted = False  # somebody waits for the fetch under way, or for the next
        self._lost_at = now  # when the fetch under way is given up

    def awaits(self, serial: int) -> bool:
        """Return whether the outcome of that fetch would be taken."""
        return self.is_fetching and serial == self.serial

    def queued(self) -> None:
        """Give the fetch that began no deadline while it waits for its turn."""
        self._lost_at = float("inf")

    def reads(self, now: float) -> None:
        """Count the time of the fetch under way from now on: its turn has come."""
        self._lost_at = now + self._timing.timeout + GRACE_SECONDS

    @property
    def _began_at(self) -> float | None:
        return self.schedule.began_at if self.is_fetching else None

    def _note(self, announced: str | None) -> None:
        """Keep the version for the next fetch; of several, in any order, none is told to be it."""
        if announced is not None:
            self.announced = announced if self.announced in {None, announced} else _SEVERAL

    def _asked_meanwhile(self, *, urgent: bool) -> bool:
        """Note what is asked during a fetch; return whether there is one."""
        if self.is_fetching:
            self._again = urgent or bool(self._again)
        return self.is_fetching

    def _begin(self, now: float, *, urgent: bool = False) -> list[Output]:
        self.serial += 1
        self.reads(now)
        self._is_wanted = self._is_wanted or urgent
        is_time = urgent or now >= self.schedule.confirm_at
        self._is_confirming = is_time and self._denials > 0
        self.is_fetching, self.schedule.began_at = True, now
        announced, self.announced = self.announced or None, None
        is_check = self.error == UNDECIDED and not (urgent or self._timing.is_read_unasked)
        return [Fetch(self.serial, announced, self._is_confirming, is_check)]

    def _look_again(self, now: float) -> None:
        """Plan what was asked for during the fetch that has ended."""
        again, self._again = self._again, None
        self._is_wanted = bool(again)
        if again:
            self.schedule.due_at = min(self.schedule.due_at, now)
        elif again is not None and not self.failures:  # else the pause stands
            self.schedule.look_again()

    def _forget_fetch(self, now: float) -> None:
        self._again = None
        self.is_fetching = self._is_wanted = False
        if not self._timing.is_pinned:
            self.schedule.due_at = now
