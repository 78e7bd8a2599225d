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

from typing import TYPE_CHECKING, Any, Final

from binance_creds._time._backoff import draw_between
from binance_creds.live.decide._messages import (
    DENIALS,
    UNUSABLE,
    Failed,
    Fetch,
    Half,
    Kind,
    Moment,
    New,
    Output,
    Refuse,
    Same,
    State,
    Tell,
)
from binance_creds.live.decide._pairs import Pairs
from binance_creds.live.decide._schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.live.decide._messages import Outcome
    from binance_creds.live.decide._timing import Timing

__all__ = ["Machine"]

GRACE_SECONDS: Final = 5.0  # beyond its timeout, until a fetch that nobody answers counts as lost;
# and from its begin, after a suspend beyond max_stale, until the pair is not served
_STALE_GRACE_SECONDS: Final = 10.0  # the longest, beyond ttl, for a fetch that is under way
_SEVERAL: Final = ""  # versions were announced: no version
_CONFIRMED: Final = 2  # times that a denial was heard in a row


class Machine:
    """Decide for one live handle. Not thread-safe: whoever drives it holds a lock.

    Args:
        timing: the durations.
        first: the pair that is current.
        now: the time, in the same seconds as every `Moment`.
        same: whether two pairs are of the same material.
        shares_half: whether two pairs have the key alone, or the secret alone, in common.
        renews: whether the second of two pairs of the same material has another version.
        draw: a random number between two.

    Attributes:
        pairs: which is current; also while `Refuse` keeps it from being served.
        schedule: when the next fetch begins, unless something asks before.
        serial: of the last fetch that began.
        announced: the version that the next fetch is to read, `None` for whatever is current; empty
            after several, for the same.
        error: the code of the last failure, `None` after a success.
        failure: what the source failed with then, opaque here.
        failures: in a row.
        confirmed_at: when the source last said that it holds what is current.
        refusal: the code by which `Refuse` keeps the current pair from being served, else `None`.
    """

    def __init__(
        self,
        timing: Timing,
        first: Any,
        now: float,
        *,
        same: Callable[[Any, Any], bool] = lambda a, b: bool(a == b),
        shares_half: Callable[[Any, Any], bool] = lambda a, b: False,  # noqa: ARG005  # none does
        renews: Callable[[Any, Any], bool] = lambda a, b: False,  # noqa: ARG005  # none does
        draw: Callable[[float, float], float] = draw_between,
    ) -> None:
        self._timing = timing
        self.pairs = Pairs(timing, first, now, same, shares_half, renews)
        self.schedule = Schedule(timing, now, draw)
        self.serial = 0
        self.is_fetching = self.is_closed = self._is_confirming = False
        self.announced: str | None = None
        self._again: bool | None = None  # asked while fetching; True where somebody waits
        self._lost_at = now  # when the fetch under way is given up
        self._is_wanted = False  # somebody waits for the fetch under way, or for the next
        self.confirmed_at = self._answered_at = now
        self._is_stale = False
        self.error: str | None = None
        self.failure: Any = None
        self.failures = self._denials = 0
        self.refusal: str | None = None

    # what it says

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

    def age(self, now: float) -> float:
        """Return the seconds since the source last confirmed what is current."""
        return 0.0 if self._timing.is_pinned else now - self.confirmed_at

    @property
    def next_at(self) -> float:
        """When `tick` must come at the latest."""
        if self.is_closed:
            return float("inf")
        times = [self._lost_at if self.is_fetching else self.schedule.due_at, self.pairs.next_at]
        if not self._timing.is_pinned and self.refusal is None:
            times += [self._expires_at, self._stale_at]
        return min(times)

    # what it is told

    def tick(self, moment: Moment) -> list[Output]:
        """Look at the time: begin what is due, end what is over."""
        if self.is_closed:
            return []
        outputs = self._overdue(moment)
        outputs += self.pairs.settle(moment)
        if not self.is_fetching and moment.at >= self.schedule.due_at:
            outputs += self._begin(moment.at)
        return outputs + self._aged(moment.at)

    def ask(
        self, moment: Moment, *, urgent: bool = False, announced: str | None = None
    ) -> list[Output]:
        """Fetch soon: a change was announced; or now, if somebody waits for it (`urgent`).

        Announcements within `least` seconds of the last fetch wait, so that a storm makes one.
        """
        if self.is_closed:
            return []
        self._note(announced)
        if self.is_fetching:
            self._again = urgent or bool(self._again)
            return []
        if not urgent and self.schedule.puts_off(moment.at):
            return []
        return self._begin(moment.at, urgent=urgent)

    def join_batch(self, moment: Moment) -> list[Output]:
        """Fetch now, with others: nobody waits for it."""
        return [] if self.is_closed or self.is_fetching else self._begin(moment.at)

    def look_by_poll(self, moment: Moment) -> list[Output]:
        """Look within a poll: announcements may be lost. After a failure the pause stands."""
        if not (self.is_closed or self.failures or self._timing.is_pinned):
            self.schedule.look_by_poll(moment.at)
        return []

    def fetched(self, moment: Moment, serial: int, outcome: Outcome) -> list[Output]:
        """Take the outcome of a fetch; one that was given up before is ignored."""
        return self._ended(moment, outcome) if self.awaits(serial) else []

    def awaits(self, serial: int) -> bool:
        """Return whether the outcome of that fetch would be taken."""
        return self.is_fetching and serial == self.serial

    def release(self, moment: Moment, number: int) -> list[Output]:
        """End a hold; ending it twice is fine."""
        self.pairs.holds.pop(number, None)
        return [] if self.is_closed else self.pairs.settle(moment)

    def start_over(self, now: float) -> None:
        """Forget holds and the fetch under way: their threads are not in this process."""
        self.pairs.holds, self._again = {}, None
        self.is_fetching = self._is_wanted = False
        if not self._timing.is_pinned:
            self.schedule.due_at = now

    def close(self) -> list[Output]:
        """End everything; what comes afterwards is ignored."""
        if self.is_closed:
            return []
        self.is_closed, self.is_fetching = True, False
        self.pairs.close()
        return [Tell(Kind.CLOSED)]

    # a fetch

    def _note(self, announced: str | None) -> None:
        """Keep the version for the next fetch; of several, in any order, none is told to be it."""
        if announced is not None:
            self.announced = announced if self.announced in {None, announced} else _SEVERAL

    def _begin(self, now: float, *, urgent: bool = False) -> list[Output]:
        self.serial += 1
        self.reads(now)
        self._is_wanted = self._is_wanted or urgent
        is_time = urgent or now >= self.schedule.confirm_at
        self._is_confirming = is_time and self._denials > 0
        self.is_fetching, self.schedule.began_at = True, now
        announced, self.announced = self.announced or None, None
        return [Fetch(self.serial, announced, self._is_confirming)]

    def queued(self) -> None:
        """Give the fetch that began no deadline while it waits for its turn."""
        self._lost_at = float("inf")

    def reads(self, now: float) -> None:
        """Count the time of the fetch under way from now on: its turn has come."""
        self._lost_at = now + self._timing.timeout + GRACE_SECONDS

    def _overdue(self, moment: Moment) -> list[Output]:
        if not self.is_fetching or moment.at < self._lost_at:
            return []
        return self._ended(moment, Failed("unavailable"))

    def _ended(self, moment: Moment, outcome: Outcome) -> list[Output]:
        self.is_fetching = False
        if isinstance(outcome, Failed):
            outputs = self._failed(moment.at, outcome)
        else:
            outputs = self._answered(moment, outcome)
        again, self._again = self._again, None
        self._is_wanted = bool(again)
        if again:
            self.schedule.due_at = min(self.schedule.due_at, moment.at)
        elif again is not None and not self.failures:  # else the pause stands
            self.schedule.look_again()
        return outputs

    def waits_for_half(self, now: float, pair: Any) -> bool:
        """Return whether a pair that was read is not to be verified yet: half of it may follow."""
        is_awaited = self._is_wanted or self.refusal is not None
        return not is_awaited and self.pairs.may_be_half(now, pair)

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
        self._answered_at, self._denials = now, 0
        self.schedule.succeeded(now, outcome.rotates_in)
        self.schedule.look_at(self.pairs.half_until)
        return [Tell(Kind.HALF_CHANGED)] if is_news else []

    def _succeeded(self, moment: Moment, outcome: Same | New) -> list[Output]:
        outputs: list[Output] = []
        is_unserved = self.refusal is not None
        if is_unserved:
            self.refusal = None
            outputs.append(Refuse(None))
        if is_unserved or self.failures:  # told once it is served again
            outputs.append(Tell(Kind.RECOVERED))
        self.confirmed_at = self._answered_at = moment.at
        self._is_stale = False
        self.error, self.failure, self.failures, self._denials = None, None, 0, 0
        self.schedule.succeeded(moment.at, outcome.rotates_in)
        if isinstance(outcome, Same):
            return outputs + self.pairs.settle(moment, is_unserved=is_unserved)
        return outputs + self.pairs.offer(moment, outcome.pair, is_unserved=is_unserved)

    def _failed(self, now: float, outcome: Failed) -> list[Output]:
        is_news, self.error = outcome.code != self.error, outcome.code
        self.failure = outcome.error
        self.failures += 1
        if outcome.code in UNUSABLE:
            self._answered_at = now
        is_denial, is_first = outcome.code in DENIALS, not self._denials
        self._denials = self._denials + (is_first or self._is_confirming) if is_denial else 0
        outputs: list[Output] = [Tell(Kind.FAILED, outcome.code, outcome.error)] if is_news else []
        if self._denials == 1:
            self.schedule.confirm(now, is_first=is_first)
            return outputs
        self.schedule.failed(now, outcome)
        return outputs + self._denied(outcome.code)

    # what is not served

    def _denied(self, code: str) -> list[Output]:
        """Refuse what was denied as soon as that is confirmed, and tell it once."""
        if self._denials != _CONFIRMED:
            return []
        told: list[Output] = [Tell(Kind.DENIED, code)]
        if not self._timing.stops_when_denied or self.refusal not in {None, "expired"}:
            return told
        self.refusal = code
        return [Refuse(code), *told]

    @property
    def _stale_at(self) -> float:
        """When to tell that it is stale: at ttl, or soon after if a fetch may still confirm it."""
        if self._is_stale:
            return float("inf")
        at, timing = self.confirmed_at + self._timing.ttl, self._timing
        if not self.is_fetching or self.failures:
            return at
        grace = min(_STALE_GRACE_SECONDS, timing.ttl / 10, (timing.max_stale - timing.ttl) / 2)
        return max(at, self.schedule.began_at) + max(grace, 0.0)

    @property
    def _expires_at(self) -> float:
        """When it is not served any more: at max_stale.

        After a suspend that was longer, the source has not been asked: its answer is awaited for
        a moment, once.
        """
        at = self._answered_at + self._timing.max_stale
        has_answered = not self.failures or self.error in UNUSABLE
        if self.is_fetching and has_answered and self.schedule.began_at >= at:
            return self.schedule.began_at + GRACE_SECONDS
        return at

    def _aged(self, now: float) -> list[Output]:
        if self.refusal is not None or self._timing.is_pinned:
            return []
        outputs: list[Output] = []
        if now >= self._stale_at:
            self._is_stale = True
            outputs.append(Tell(Kind.STALE))
        if now >= self._expires_at:
            self.refusal = "expired"
            outputs += [Refuse("expired"), Tell(Kind.EXPIRED)]
        return outputs
