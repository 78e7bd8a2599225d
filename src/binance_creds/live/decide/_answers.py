"""`Answers`: what comes of a fetch for the pairs, and for when the source is asked next."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._fetching import Fetching
from binance_creds.live.decide._messages import Failed, Half, Kind, Moment, New, Output, Same, Tell
from binance_creds.live.decide._pairs import Pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from binance_creds.live.decide._messages import Outcome
    from binance_creds.live.decide._timing import Timing
    from binance_creds.live.decide._traits import Traits

__all__ = ["Answers"]


class Answers(Fetching):
    """Take the outcomes of fetches.

    Args:
        timing: the durations.
        first: the pair that is current.
        now: the time, in the same seconds as every `Moment`.
        traits: what it may know of pairs.
        draw: a random number between two.

    Attributes:
        pairs: which is current; also while `Refuse` keeps it from being served.
    """

    __slots__ = ("pairs",)

    def __init__(
        self,
        timing: Timing,
        first: Any,
        now: float,
        *,
        traits: Traits,
        draw: Callable[[float, float], float],
    ) -> None:
        super().__init__(timing, now, draw)
        self.pairs = Pairs(timing, first, now, traits)

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
