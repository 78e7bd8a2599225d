"""What a live handle decides, and nothing else: no I/O, no clock, no thread, no lock.

  FRESH       due, asked or announced               -> REFRESHING
  REFRESHING  the source holds the same             -> FRESH
              it holds another pair                 -> FRESH, swapped
              the same, in a hold or out of window  -> HELD, swapped at its end
              another of which a half is the same   -> FRESH, swapped if it is that 30 s later
              no answer, or no use of it            -> FRESH or STALE, backs off, the pair stays
              denied or gone, asked twice           -> FAILED, unless on_denied is keep; what is
                                                       announced in between only looks
  STALE       age above ttl, still served
              no answer for max_stale               -> EXPIRED; one that is of no use is an answer
  EXPIRED, FAILED   a fetch succeeds                -> FRESH
  any         close()                               -> CLOSED, for good

Every input carries its time, every output is a value. One fetch at a time; what is asked meanwhile
makes one more. The pairs themselves are opaque here.
"""

from __future__ import annotations

from binance_creds._time._backoff import draw_between
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._aging import Aging
from binance_creds.live.decide._fetching import Fetching
from binance_creds.live.decide._messages import Failed, Kind, Moment, Output, State, Tell
from binance_creds.live.decide._pairs import NO_HOLDS, PLAIN, Traits
from binance_creds.live.decide._proving import Proving
from binance_creds.live.decide._standing import GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from binance_creds.live.decide._messages import Outcome, Verdict
    from binance_creds.live.decide._timing import Timing

__all__ = ["GRACE_SECONDS", "Machine"]


class Machine(Fetching):
    """Decide for one live handle. Not thread-safe: whoever drives it holds a lock.

    The rest of it is in the classes below: `Standing`, `Fetching`.

    Args:
        timing: the durations.
        first: the pair that is current.
        now: the time, in the same seconds as every `Moment`.
        traits: what it may know of pairs.
        is_asked: whether the exchange is asked about what is current, again and again.
        draw: a random number between two.

    Attributes:
        proving: what the exchange says of the current pair.
        aging: what was told of its dates.
    """

    __slots__ = ("_followed", "_traits", "aging", "proving")

    def __init__(
        self,
        timing: Timing,
        first: Any,
        now: float,
        *,
        traits: Traits = PLAIN,
        is_asked: bool = False,
        draw: Callable[[float, float], float] = draw_between,
    ) -> None:
        super().__init__(timing, first, now, traits=traits, draw=draw)
        self._traits, self._followed = traits, first
        self.aging = Aging(now, traits.dates(first))
        self.proving = Proving(draw, is_asked=is_asked)
        if is_asked:
            self.proving.begin(now, has_proof=traits.has_proof(first))

    def state(self, now: float) -> State:
        """Return the state, the most telling first."""
        if self.is_closed:
            return State.CLOSED
        if self.refusal is not None:
            return State.EXPIRED if self.refusal == "expired" else State.FAILED
        if self.pairs.pending is not None:
            return State.HELD
        if self.is_fetching and not self._is_stale:
            return State.REFRESHING
        return State.STALE if self.age(now) >= self._timing.ttl else State.FRESH

    @property
    def next_at(self) -> float:
        """When `tick` must come at the latest."""
        if self.is_closed:
            return float("inf")
        if self.pairs.current is not self._followed:
            return float("-inf")
        began_at = self._began_at
        at = self.schedule.due_at if began_at is None else self._lost_at
        times = [at, self._ages_at(began_at), self.aging.due_at]
        if self.proving.is_asked:
            times.append(self.proving.next_at)
        if self.pairs.previous is not None or self.pairs.pending is not None:
            times.append(self.pairs.next_at)
        return min(times)

    @property
    def _began_at(self) -> float | None:
        return self.schedule.began_at if self.is_fetching else None

    def tick(self, moment: Moment) -> list[Output]:
        """Look at the time: begin what is due, end what is over."""
        if self.is_closed:
            return []
        outputs: list[Output] = []
        if self.is_fetching and moment.at >= self._lost_at:
            outputs += self._ended(moment, Failed("unavailable"))
        outputs += self.pairs.settle(moment)
        if not self.is_fetching and moment.at >= self.schedule.due_at:
            outputs += self._begin(moment.at)
        outputs += self._aged(moment.at, self._began_at)
        return outputs + self._of_key(moment)

    def _of_key(self, moment: Moment) -> list[Output]:
        """Look at what the exchange says of the current pair, and at its dates."""
        current, proving = self.pairs.current, self.proving
        is_another = current is not self._followed
        if is_another:
            has_said = (
                proving.is_asked or proving.code is not None
            )  # else there is nothing to forget
            if has_said and not self._traits.same(current, self._followed):
                proving.begin(moment.at, has_proof=self._traits.has_proof(current))
            self._followed = current
        outputs = proving.tick(moment.at, current) if proving.is_asked else []
        if is_another or moment.at >= self.aging.due_at:
            outputs += self.aging.tick(moment, self._traits.dates(current))
        return outputs

    def checked(self, moment: Moment, verdict: Verdict) -> list[Output]:
        """Take what the exchange says of a pair; if it is left by now, that is of no interest."""
        current = self.pairs.current
        if self.is_closed or not self._traits.same(verdict.pair, current):
            self.proving.is_lost()
            return []
        outputs = self.proving.taken(moment.at, verdict)
        if verdict.found is not None and verdict.pair is current:  # else it has another version
            outputs += self.pairs.renewed(verdict.found)
        return outputs + self._of_key(moment)

    def look_by_poll(self, moment: Moment) -> list[Output]:
        """Look within a poll: announcements may be lost. After a failure the pause stands."""
        if not (self.is_closed or self.failures or self._timing.is_pinned):
            self.schedule.look_by_poll(moment.at)
        return []

    def fetched(self, moment: Moment, serial: int, outcome: Outcome) -> list[Output]:
        """Take the outcome of a fetch; one that was given up before is ignored."""
        if not self.is_fetching or serial != self.serial:
            return []
        return self._ended(moment, outcome) + self._of_key(moment)

    def release(self, moment: Moment, number: int) -> list[Output]:
        """End a hold; ending it twice is fine."""
        holds = self.pairs.holds
        self.pairs.holds = {one: until for one, until in holds.items() if one != number}
        return [] if self.is_closed else self.pairs.settle(moment) + self._of_key(moment)

    def start_over(self, now: float) -> None:
        """Forget holds and the fetch under way: their threads are not in this process."""
        self.pairs.holds = NO_HOLDS
        self._forget_fetch(now)
        self.proving.is_lost()

    def close(self) -> list[Output]:
        """End everything; what comes afterwards is ignored."""
        if self.is_closed:
            return []
        self.is_closed, self.is_fetching = True, False
        self.pairs.close()
        return [Tell(Kind.CLOSED)]
