"""`Schedule`: when the source is asked next; decisions alone."""

from __future__ import annotations

from binance_creds._time._backoff import next_pause
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import UNDECIDED
from binance_creds.live.decide._timing import FIRST_PAUSE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds.live.decide._messages import Failed
    from binance_creds.live.decide._timing import Timing

__all__ = ["Schedule"]

_NEVER: Final = float("inf")
_CONFIRM_SECONDS: Final = 1.0  # until a denial is asked about again
_NEAR_ROTATION_SECONDS: Final = 600.0  # to and from the store's own date polls are denser
_NEAR_ROTATION_FACTOR: Final = 6


class Schedule:
    """Poll while all is well, pause after failures, and look soon after announcements.

    Args:
        timing: the durations.
        now: the time of the first load.
        draw: a random number between two.

    Attributes:
        due_at: when the next fetch begins, unless something asks before.
        began_at: when the last fetch began.
        has_push: whether announcements arrive, so that polls may be rarer.
        confirm_at: when the last denial may be believed.
    """

    __slots__ = (
        "_draw", "_pause", "_throttled_until", "_timing", "began_at", "confirm_at", "due_at",
        "has_push",
    )  # fmt: skip

    def __init__(self, timing: Timing, now: float, draw: Callable[[float, float], float]) -> None:
        self._timing, self._draw = timing, draw
        self.began_at = now  # of the first load
        self.has_push = False
        self._pause = 0.0  # after the last failure; zero after a success
        self._throttled_until = float("-inf")
        self.confirm_at = float("-inf")
        self.due_at = now + self._interval(None)

    def succeeded(self, now: float, rotates_in: float | None) -> None:
        """Poll again; `rotates_in` seconds the store will rotate, if it says."""
        self._pause, self._throttled_until = 0.0, float("-inf")
        self.due_at = now + self._interval(rotates_in)

    def failed(self, now: float, outcome: Failed) -> None:
        """Pause with jitter, and at least for as long as the store asked, up to `max_stale`."""
        least = min(self._timing.first_pause, self._timing.poll)
        if not self._timing.is_read_unasked:
            if outcome.code != UNDECIDED:  # which needs no reading
                self.due_at = _NEVER
                return
            least = FIRST_PAUSE_SECONDS
        longest = max(self._timing.longest_pause, least)
        self._pause = next_pause(self._pause, first=least, longest=longest, draw=self._draw)
        asked_for = min(outcome.retry_after or 0.0, self._timing.max_stale)
        self.due_at = now + max(self._pause, asked_for)
        self._throttled_until = self.due_at if outcome.retry_after else float("-inf")

    def confirm(self, now: float, *, is_first: bool) -> None:
        """Ask about a denial once more, soon; looking meanwhile puts that off no further."""
        if is_first:
            self.confirm_at = now + _CONFIRM_SECONDS
        self.due_at = max(self.confirm_at, self.began_at + self._timing.least)

    def puts_off(self, now: float) -> bool:
        """Return whether a fetch that was only announced must wait; it is due then."""
        spacing = max(self._timing.least, min(self._pause, self._timing.longest_spacing))
        earliest = max(self.began_at + spacing, self._throttled_until)
        if now >= earliest:
            return False
        self.due_at = min(self.due_at, earliest)
        return True

    def look_by_poll(self, now: float) -> None:
        """Look within a poll, whatever was planned."""
        self.due_at = min(self.due_at, now + self._jittered(self._timing.poll))

    def look_at(self, time: float) -> None:
        """Look then at the latest, whatever was planned."""
        self.due_at = min(self.due_at, time)

    def look_again(self) -> None:
        """Look for what was announced during the last fetch."""
        self.due_at = min(self.due_at, self.began_at + self._timing.least)

    def _interval(self, rotates_in: float | None) -> float:
        if self._timing.is_pinned:
            return _NEVER
        poll = self._timing.poll
        if rotates_in is not None and abs(rotates_in) <= _NEAR_ROTATION_SECONDS:
            least = self._timing.least / (1 - self._timing.jitter)  # also for one that comes early
            poll = max(poll / _NEAR_ROTATION_FACTOR, min(poll, least))
        elif self.has_push:
            poll = max(poll, self._timing.ttl)
        # one look at ttl, and two before what is served expires, however rare the polls are
        longest = min(self._timing.ttl, self._timing.max_stale / 2)
        poll = min(poll, longest / (1 + self._timing.jitter))
        if rotates_in is not None and rotates_in > _NEAR_ROTATION_SECONDS:
            longest = min(longest, max(rotates_in - _NEAR_ROTATION_SECONDS, self._timing.least))
        return min(self._jittered(poll), longest)

    def _jittered(self, seconds: float) -> float:
        return seconds * self._draw(1 - self._timing.jitter, 1 + self._timing.jitter)
