"""`Fetching`: the fetch under way, what is asked meanwhile, what comes of it; decisions alone."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import (
    UNDECIDED,
    Failed,
    Fetch,
    Half,
    Kind,
    Moment,
    New,
    Output,
    Same,
    Tell,
)
from binance_creds.live.decide._pairs import Pairs
from binance_creds.live.decide._schedule import Schedule
from binance_creds.live.decide._standing import GRACE_SECONDS, Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from binance_creds.live.decide._messages import Outcome
    from binance_creds.live.decide._pairs import Traits
    from binance_creds.live.decide._timing import Timing

__all__ = ["Fetching"]

_SEVERAL: Final = ""  # versions were announced: no version


class Fetching(Standing):
    """One fetch at a time; what is asked meanwhile makes one more.

    Args:
        timing: the durations.
        first: the pair that is current.
        now: the time, in the same seconds as every `Moment`.
        traits: what it may know of pairs.
        draw: a random number between two.

    Attributes:
        pairs: which is current; also while `Refuse` keeps it from being served.
        schedule: when the next fetch begins, unless something asks before.
        serial: of the last fetch that began.
        is_fetching: whether it is under way.
        is_closed: whether all has ended.
        announced: the version that the next fetch is to read, `None` for whatever is current; empty
            after several, for the same.
    """

    __slots__ = (
        "_again", "_is_confirming", "_is_wanted", "_lost_at", "announced", "is_closed",
        "is_fetching", "pairs", "schedule", "serial",
    )  # fmt: skip

    def __init__(
        self,
        timing: Timing,
        first: Any,
        now: float,
        *,
        traits: Traits,
        draw: Callable[[float, float], float],
    ) -> None:
        super().__init__(timing, now)
        self.pairs = Pairs(timing, first, now, traits)
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

    def reads(self, now: float) -> float:
        """Count the time of the fetch under way from now on; return when it is given up."""
        self._lost_at = now + self._timing.timeout + GRACE_SECONDS
        return self._lost_at

    def ask(
        self, moment: Moment, *, urgent: bool = False, announced: str | None = None
    ) -> list[Output]:
        """Fetch soon: a change was announced; or now, if somebody waits for it (`urgent`).

        Announcements within `least` seconds of the last fetch wait, so that a storm makes one.
        """
        if self.is_closed:
            return []
        if announced is not None:  # of several, in any order, none is told to be the one
            self.announced = announced if self.announced in {None, announced} else _SEVERAL
        if self.is_fetching:
            self._again = urgent or bool(self._again)
            return []
        if not urgent and self.schedule.puts_off(moment.at):
            return []
        return self._begin(moment.at, urgent=urgent)

    def join_batch(self, moment: Moment) -> list[Output]:
        """Fetch now, with others: nobody waits for it."""
        return [] if self.is_closed or self.is_fetching else self._begin(moment.at)

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

    # what comes of it

    def waits_for_half(self, now: float, pair: Any) -> bool:
        """Return whether a pair that was read is not to be verified yet: half of it may follow."""
        is_awaited = self._is_wanted or self.refusal is not None
        return not is_awaited and self.pairs.may_be_half(now, pair)

    def _ended(self, moment: Moment, outcome: Outcome) -> list[Output]:
        self.is_fetching = False
        if isinstance(outcome, Failed):
            outputs = self._failed(moment.at, outcome)
            if moment.at >= self._expires_at(None):  # who waits for it gets no pair that is too old
                outputs += self._aged(moment.at, None)
        else:
            outputs = self._answered(moment, outcome)
        self._look_again(moment.at)
        return outputs

    def _answered(self, moment: Moment, outcome: Same | New | Half) -> list[Output]:
        """Take what the source holds; half a change only if it is asked for, or if it stays."""
        if isinstance(outcome, Half):
            return self._half_seen(moment.at, outcome)
        if self.pairs.half is not None and isinstance(outcome, Same):  # it is the half
            outcome = New(self.pairs.half, outcome.rotates_in)
        is_awaited = self._is_wanted or self.refusal is not None
        if isinstance(outcome, New) and not is_awaited:
            half = self.pairs.half
            if self.pairs.waits_for_half(moment.at, outcome.pair):
                return self._waited(moment.at, outcome, is_news=self.pairs.half is not half)
        self.pairs.half = None
        return self._succeeded(moment, outcome)

    def _half_seen(self, now: float, outcome: Half) -> list[Output]:
        """Wait for the other half; if the time for that is over, read again to verify this one."""
        half = self.pairs.half
        if self.waits_for_half(now, outcome.pair):
            self.pairs.waits_for_half(now, outcome.pair)
            return self._waited(now, outcome, is_news=self.pairs.half is not half)
        self.schedule.look_at(now)
        return []

    def _waited(self, now: float, outcome: New | Half, *, is_news: bool) -> list[Output]:
        """Look again for the other half. The source answers, and confirms nothing."""
        self._answered_without(now)
        self.schedule.succeeded(now, outcome.rotates_in)
        self.schedule.look_at(self.pairs.half_until)
        return [Tell(Kind.HALF_CHANGED)] if is_news else []

    def _succeeded(self, moment: Moment, outcome: Same | New) -> list[Output]:
        is_unserved = self.refusal is not None
        outputs = self._confirmed(moment.at)
        self.schedule.succeeded(moment.at, outcome.rotates_in)
        if isinstance(outcome, Same):
            return outputs + self.pairs.settle(moment, is_unserved=is_unserved)
        return outputs + self.pairs.offer(moment, outcome.pair, is_unserved=is_unserved)

    def _failed(self, now: float, outcome: Failed) -> list[Output]:
        is_first = not self._denials
        outputs = self._noted(now, outcome, confirms=self._is_confirming)
        if self._denials == 1:
            self.schedule.confirm(now, is_first=is_first)
            return outputs
        self.schedule.failed(now, outcome)
        return outputs + self._denied(outcome.code)
