"""`Proving`: when the exchange is asked about the current pair again; decisions alone."""

from __future__ import annotations

from binance_creds._time._backoff import next_pause
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import UNDECIDED, Check, Kind, Output, Tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from binance_creds.live.decide._messages import Verdict

__all__ = ["DAY_SECONDS", "Proving"]

DAY_SECONDS: Final = 86_400.0
_EARLY: Final = 0.9  # of a day, at which the earliest of many handles asks


# Seconds from one check to the next while what they say is not good: at first, and at the longest.
_UNDECIDED: Final = (1.0, 300.0)
_REFUSED: Final = (60.0, 3600.0)  # its owner must change the key at the exchange


class Proving:
    """What the exchange said last of the current pair, and when to ask it again.

    A pair that it refuses goes on being served: orders that protect a position need it, its owner
    may want another answer to each reason, and a mistake of the exchange must stop nobody. It is
    told loudly instead.

    Args:
        draw: a random number between two.
        is_asked: whether the exchange is asked at all.

    Attributes:
        is_asked: as above.
        is_checking: whether a check is under way.
        code: `rejected`, or `undecided` if it did not decide yet; `None` while it is accepted.
        error: what is behind the code.
        due_at: when the next check begins.
    """

    __slots__ = ("_draw", "_pause", "code", "due_at", "error", "is_asked", "is_checking")

    def __init__(self, draw: Callable[[float, float], float], *, is_asked: bool) -> None:
        self._draw, self.is_asked = draw, is_asked
        self.code: str | None = None
        self.error: Any = None
        self.due_at = float("inf")
        self.is_checking = False
        self._pause = 0.0

    @property
    def next_at(self) -> float:
        """When `tick` must come at the latest."""
        return float("inf") if self.is_checking else self.due_at

    def begin(self, now: float, *, has_proof: bool) -> None:
        """Take another pair: one that the exchange has accepted, or one that it has yet to."""
        self.code, self.error, self._pause = None, None, 0.0
        if not self.is_asked:
            return
        if has_proof:
            self._look_tomorrow(now)
        else:
            self.code = UNDECIDED
            self._look_soon(now, None)

    def tick(self, now: float, pair: Any) -> list[Output]:
        """Have the exchange asked if it is time."""
        if self.is_checking or now < self.due_at:
            return []
        self.is_checking = True
        return [Check(pair)]

    def is_lost(self) -> None:
        """Forget the check under way: its answer is of another pair, or will not come."""
        self.is_checking = False

    def taken(self, now: float, verdict: Verdict) -> list[Output]:
        """Take what the exchange says of the current pair."""
        self.is_checking = False
        if verdict.found is not None:
            return self._accepted(now)
        if verdict.code == UNDECIDED:
            return self._undecided(now, verdict)
        return self._refused(now, verdict)

    def _accepted(self, now: float) -> list[Output]:
        was, self.code, self.error = self.code, None, None
        self._look_tomorrow(now)
        return [] if was is None else [Tell(Kind.PROVEN)]

    def _undecided(self, now: float, verdict: Verdict) -> list[Output]:
        """Ask again soon; a refusal that was heard before stands meanwhile."""
        self._look_soon(now, verdict.retry_after)
        if self.code is not None:
            return []
        self.code, self.error = UNDECIDED, verdict.error
        return [Tell(Kind.UNPROVEN, verdict.code, verdict.error)]

    def _refused(self, now: float, verdict: Verdict) -> list[Output]:
        is_news = self.code != verdict.code or str(self.error) != str(verdict.error)
        if self.code != verdict.code:
            self._pause = 0.0
        self.code, self.error = verdict.code, verdict.error
        self._look_soon(now, verdict.retry_after)
        return [Tell(Kind.REFUSED, verdict.code, verdict.error)] if is_news else []

    def _look_tomorrow(self, now: float) -> None:
        self._pause = 0.0
        if self.is_asked:
            self.due_at = now + DAY_SECONDS * self._draw(_EARLY, 1.0)

    def _look_soon(self, now: float, retry_after: float | None) -> None:
        first, longest = _UNDECIDED if self.code in {None, UNDECIDED} else _REFUSED
        self._pause = next_pause(self._pause, first=first, longest=longest, draw=self._draw)
        if self.is_asked:
            self.due_at = now + max(self._pause, retry_after or 0.0)
