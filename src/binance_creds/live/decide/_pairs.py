"""`Pairs`: which pair is current, which was before it, and which waits to be; decisions alone.

Pairs are opaque to whatever decides; `Traits` is what may be known of them.
"""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.live.decide._aging import NO_DATES, Dates
from binance_creds.live.decide._messages import Kind, Moment, Output, Renew, Swap, Tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final

    from binance_creds.live.decide._timing import Timing

__all__ = ["HALF_SECONDS", "NO_HOLDS", "PLAIN", "Pairs", "Traits"]

HALF_SECONDS: Final = 30.0  # for whoever writes key and secret one after the other
NO_HOLDS: Final[Mapping[int, float]] = {}  # replaced, never changed: most pairs are never held


class Traits(NamedTuple):
    """What the caller answers of pairs.

    Attributes:
        same: whether two pairs are of the same material.
        shares_half: whether two pairs have the key alone, or the secret alone, in common.
        renews: whether the second of two pairs of the same material has another version.
        has_proof: whether the exchange has accepted a pair.
        dates: of a pair.
    """

    same: Callable[[Any, Any], bool] = lambda a, b: bool(a == b)
    shares_half: Callable[[Any, Any], bool] = lambda a, b: False  # noqa: ARG005  # none does
    renews: Callable[[Any, Any], bool] = lambda a, b: False  # noqa: ARG005  # none does
    has_proof: Callable[[Any], bool] = lambda pair: True  # noqa: ARG005  # each has
    dates: Callable[[Any], Dates] = lambda pair: NO_DATES  # noqa: ARG005  # none has any


PLAIN: Final = Traits()


class Pairs:
    """Swap, hold and roll back. The pairs themselves are opaque here.

    Args:
        timing: of overlap and holds.
        first: the pair that is current.
        now: the time.
        traits: what it may know of pairs.

    Attributes:
        current: the pair to use.
        previous: the pair before, during the overlap, else `None`.
        pending: a new pair that a hold or the window keeps back, else `None`.
        half: a new pair that has a half in common with one of the others, and waits for the other
            half, else `None`.
        half_until: when it is taken as it is.
        rolled_back_from: the pair that was left by a roll back, until the source holds another;
            else `None`.
        holds: when each ends at the latest, by its number.
        proven: pairs that signed what the exchange accepted, the last first.
    """

    __slots__ = (
        "_opens_at", "_previous_until", "_timing", "_traits", "current", "half", "half_until",
        "holds", "holds_made", "pending", "previous", "proven", "rolled_back_from",
    )  # fmt: skip

    def __init__(self, timing: Timing, first: Any, now: float, traits: Traits) -> None:
        self._timing, self._traits = timing, traits
        self.current: Any = first
        self.previous: Any = None
        self.pending: Any = None
        self.half: Any = None
        self.half_until = float("-inf")
        self.rolled_back_from: Any = None
        self.holds: Mapping[int, float] = NO_HOLDS
        self.proven: tuple[Any, ...] = ()
        self.holds_made = 0
        self._previous_until = float("-inf")
        self._opens_at = now

    @property
    def next_at(self) -> float:
        """When `settle` must come at the latest."""
        times = [self._previous_until] if self.previous is not None else []
        if self.pending is not None:
            times.append(max([self._opens_at, *self.holds.values()]))
        return min(times, default=float("inf"))

    def waits_for_half(self, now: float, pair: Any) -> bool:
        """Return whether a pair is not to be offered yet; it is `half` then.

        A rotation changes both halves. Where they are two files, or two secrets, what is read
        between the two writes is the key of one pair and the secret of another.
        """
        if not self._is_half(pair):
            return False
        if self.half is None or not self._traits.same(pair, self.half):
            self.half, self.half_until = pair, now + HALF_SECONDS
        return now < self.half_until

    def may_be_half(self, now: float, pair: Any) -> bool:
        """Return whether `waits_for_half` would, and note nothing."""
        is_other = self.half is None or not self._traits.same(pair, self.half)
        return self._is_half(pair) and (is_other or now < self.half_until)

    def _is_half(self, pair: Any) -> bool:
        known = (self.current, self.pending, self.rolled_back_from)
        held = [one for one in known if one is not None]
        if not any(self._traits.shares_half(pair, one) for one in held):
            return False
        return not any(self._traits.same(pair, one) for one in held)

    def offer(self, moment: Moment, pair: Any, *, is_unserved: bool) -> list[Output]:
        """Take what the source holds; what is current, or was left, is no news."""
        if self._traits.same(pair, self.current):
            self.pending = self.rolled_back_from = None  # its owner has left that one too
            return self.renewed(pair)
        if self.rolled_back_from is not None and self._traits.same(pair, self.rolled_back_from):
            self.pending = None
            return []
        is_news = self.pending is None or not self._traits.same(pair, self.pending)
        self.pending = pair
        outputs = self.settle(moment, is_unserved=is_unserved)
        if self.pending is not None and is_news:
            outputs.append(Tell(Kind.PENDING))
        return outputs

    def renewed(self, pair: Any) -> list[Output]:
        """Take what is said of the current pair now, such as another version."""
        if not self._traits.renews(self.current, pair):
            return []
        self.current = pair
        return [Renew()]

    def settle(self, moment: Moment, *, is_unserved: bool = False) -> list[Output]:
        """End what is over, and swap what is pending unless a hold or the window keeps it back.

        Neither does while the current pair is not served: there is nothing to keep.
        """
        if moment.at >= self._previous_until:
            self.previous = None
        self._opens_at = moment.at + moment.opens_in
        outputs: list[Output] = []
        if self.holds:
            lasting = {number: until for number, until in self.holds.items() if moment.at < until}
            if len(lasting) < len(self.holds):
                outputs.append(Tell(Kind.HOLD_ENDED))
            self.holds = lasting
        is_kept = (bool(self.holds) or moment.opens_in > 0) and not is_unserved
        return outputs if is_kept else outputs + self.swap_now(moment)

    def swap_now(self, moment: Moment) -> list[Output]:
        """Swap what is pending, whatever holds it."""
        if self.pending is None:
            return []
        before, self.current, self.pending = self.current, self.pending, None
        self.previous, self._previous_until = before, moment.at + self._timing.overlap
        self.rolled_back_from = None
        return [Swap(before, self.current, Kind.ROTATED), Tell(Kind.ROTATED)]

    def prove(self, pair: Any) -> None:
        """Note that the exchange accepted what a pair signed; two are known at a time."""
        others = [one for one in self.proven if not self._traits.same(one, pair)]
        self.proven = (pair, *others[:1])

    def is_proven(self, pair: Any) -> bool:
        """Return whether the exchange has accepted what a pair signed."""
        return any(self._traits.same(one, pair) for one in self.proven)

    def roll_back(self, moment: Moment) -> list[Output]:
        """Return to the previous pair; the one left is not taken again until another came."""
        if self.previous is None or moment.at >= self._previous_until:
            return []
        self.rolled_back_from, self.current, self.previous = self.current, self.previous, None
        if self.pending is not None and self._traits.same(self.pending, self.current):
            self.pending = None
        return [Swap(self.rolled_back_from, self.current, Kind.ROLLED_BACK), Tell(Kind.ROLLED_BACK)]

    def return_to_newest(self, _: Moment) -> list[Output]:
        """Undo a roll back: the pair returned to does not work either. There is no second one."""
        if self.rolled_back_from is None:
            return []
        before, self.current, self.rolled_back_from = self.current, self.rolled_back_from, None
        return [Swap(before, self.current, Kind.ROTATED), Tell(Kind.ROTATED)]

    def hold(self, moment: Moment) -> int:
        """Keep swaps back until `release`, or for `max_hold`; return the hold's number.

        One that begins within others while a pair waits for their end alone ends with them at the
        latest: holds that overlap for ever must not keep a rotation back for ever.
        """
        until = moment.at + self._timing.max_hold
        if self.pending is not None and self.holds and moment.opens_in <= 0:
            until = min(until, max(self.holds.values()))
        self.holds_made += 1
        self.holds = {**self.holds, self.holds_made: until}
        return self.holds_made

    def close(self) -> None:
        """Keep the current pair alone."""
        self.pending = self.previous = self.half = self.rolled_back_from = None
        self.holds, self.proven = NO_HOLDS, ()
