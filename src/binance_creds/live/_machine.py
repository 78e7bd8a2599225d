"""What a live handle decides, and nothing else: no I/O, no clock, no thread, no lock.

  FRESH       due, asked or announced               -> REFRESHING
  REFRESHING  the source holds the same             -> FRESH
              it holds another pair                 -> FRESH, swapped
              the same, in a hold or out of window  -> HELD, swapped at its end
              no answer, or no use of it            -> FRESH or STALE, backs off, the pair stays
              denied or gone, asked twice           -> FAILED, unless on_denied is keep
  STALE       age above ttl, still served; above max_stale -> EXPIRED
  EXPIRED, FAILED   a fetch succeeds                -> FRESH
  any         close()                               -> CLOSED, for good

Every input carries its time, every output is a value. One fetch at a time; what is asked meanwhile
makes one more. The pairs themselves are opaque here.
"""

from __future__ import annotations

from random import uniform
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds.live._outcomes import (
    DENIALS,
    UNUSABLE,
    Failed,
    Fetch,
    Kind,
    Moment,
    New,
    Output,
    Refuse,
    Same,
    State,
    Swap,
    Tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.live._outcomes import Outcome

__all__ = ["Machine", "Timing"]

FIRST_PAUSE_SECONDS: Final = 1.0
CONFIRM_SECONDS: Final = 1.0  # until a denial is asked about again
NEAR_ROTATION_SECONDS: Final = 600.0  # to and from the store's own date polls are denser
NEAR_ROTATION_FACTOR: Final = 6
GRACE_SECONDS: Final = 5.0  # beyond its timeout, until a fetch that nobody answers counts as lost
_SEVERAL: Final = ""  # versions were announced: no version


class Timing(NamedTuple):
    """The durations that a machine decides by, in seconds.

    Attributes:
        least: between the beginnings of two fetches that nobody asked for by name.
        timeout: of one fetch.
        longest_spacing: the same while fetches fail.
        longest_pause: after failures.
        is_pinned: whether the source names one version, which never changes.
    """

    ttl: float = 300.0
    poll: float = 30.0
    max_stale: float = 3600.0
    jitter: float = 0.1
    overlap: float = 86_400.0
    max_hold: float = 60.0
    stops_when_denied: bool = True
    least: float = 1.0
    longest_spacing: float = 10.0
    timeout: float = 30.0
    longest_pause: float = 60.0
    is_pinned: bool = False


class Machine:
    """Decide for one live handle. Not thread-safe: whoever drives it holds a lock.

    Args:
        timing: the durations.
        first: the pair that is current.
        now: the time, in the same seconds as every `Moment`.
        same: whether two pairs are of the same material.
        draw: a random number between two.

    Attributes:
        current: the pair to use; also while `Refuse` keeps it from being served.
        previous: the pair before, during the overlap, else `None`.
        pending: a new pair that a hold or the window keeps back, else `None`.
        due_at: when the next fetch begins, unless something asks before.
        began_at: when the last fetch began.
        announced: the version that the next fetch is to read, `None` for whatever is current; empty
            after several, for the same.
        has_push: whether announcements arrive, so that polls may be rarer.
        error: the code of the last failure, `None` after a success.
        failures: in a row.
        refusal: the code by which `Refuse` keeps `current` from being served, else `None`.
    """

    def __init__(
        self,
        timing: Timing,
        first: Any,
        now: float,
        *,
        same: Callable[[Any, Any], bool] = lambda a, b: bool(a == b),
        draw: Callable[[float, float], float] = uniform,
    ) -> None:
        self._timing, self._same, self._draw = timing, same, draw
        self.current: Any = first
        self.previous: Any = None
        self.pending: Any = None
        self.error: str | None = None
        self.failures = 0
        self.has_push = False
        self.confirmed_at = now
        self.serial = 0  # of the last fetch that began
        self.is_fetching = False
        self.began_at = float("-inf")
        self.announced: str | None = None
        self.due_at = now + self._interval(None)
        self._again: bool | None = None  # asked while fetching; True where somebody waits
        self._pause = 0.0
        self._throttled_until = float("-inf")
        self._denials = 0
        self._previous_until = float("-inf")
        self._holds: dict[int, float] = {}
        self._next_hold = 0
        self._refused: Any = None
        self.refusal: str | None = None
        self._is_stale = False
        self._opens_at = now
        self.is_closed = False

    # what it says

    def state(self, now: float) -> State:
        """Return the state, the most telling first."""
        if self.is_closed:
            return State.CLOSED
        if self.refusal is not None:
            return State.EXPIRED if self.refusal == "expired" else State.FAILED
        if self.pending is not None:
            return State.HELD
        if self.is_fetching:
            return State.REFRESHING
        return State.STALE if self.age(now) >= self._timing.ttl else State.FRESH

    def age(self, now: float) -> float:
        """Return the seconds since the source last confirmed what is current."""
        return 0.0 if self._timing.is_pinned else now - self.confirmed_at

    @property
    def rolled_back_from(self) -> Any:
        """The pair that was left by a roll back, until another came; else `None`."""
        return self._refused

    @property
    def next_at(self) -> float:
        """When `tick` must come at the latest."""
        times = [self.began_at + self._timing.timeout + GRACE_SECONDS] if self.is_fetching else []
        times += [] if self.is_fetching else [self.due_at]
        if not self._timing.is_pinned and self.refusal is None:
            times.append(self.confirmed_at + self._timing.max_stale)
            times.append(self._stale_at)
        times += [self._previous_until] if self.previous is not None else []
        if self.pending is not None:
            times.append(max([self._opens_at, *self._holds.values()]))
        return min(times, default=float("inf")) if not self.is_closed else float("inf")

    # what it is told

    def tick(self, moment: Moment) -> list[Output]:
        """Look at the time: begin what is due, end what is over."""
        if self.is_closed:
            return []
        now = moment.at
        outputs = self._overdue(moment)
        if self.previous is not None and now >= self._previous_until:
            self.previous = None
        outputs += self._settle(moment)
        if not self.is_fetching and now >= self.due_at:
            outputs += self._begin(now)
        return outputs + self._aged(now)

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
        spacing = max(self._timing.least, min(self._pause, self._timing.longest_spacing))
        earliest = max(self.began_at + spacing, self._throttled_until)
        if not urgent and moment.at < earliest:
            self.due_at = min(self.due_at, earliest)
            return []
        return self._begin(moment.at)

    def look_by_poll(self, moment: Moment) -> list[Output]:
        """Look within a poll: announcements may be lost. After a failure the pause stands."""
        if not (self.is_closed or self.failures or self._timing.is_pinned):
            jitter = self._timing.jitter
            wait = self._timing.poll * self._draw(1 - jitter, 1 + jitter)
            self.due_at = min(self.due_at, moment.at + wait)
        return []

    def fetched(self, moment: Moment, serial: int, outcome: Outcome) -> list[Output]:
        """Take the outcome of a fetch; one that was given up before is ignored."""
        if self.is_closed or not self.is_fetching or serial != self.serial:
            return []
        return self._ended(moment, outcome)

    def hold(self, moment: Moment) -> int:
        """Keep swaps back until `release`, or for `max_hold`; return the hold's number.

        One that begins within others while a pair waits for their end alone ends with them at the
        latest: holds that overlap for ever must not keep a rotation back for ever.
        """
        until = moment.at + self._timing.max_hold
        if self.pending is not None and self._holds and moment.opens_in <= 0:
            until = min(until, max(self._holds.values()))
        self._next_hold += 1
        self._holds[self._next_hold] = until
        return self._next_hold

    def release(self, moment: Moment, number: int) -> list[Output]:
        """End a hold; ending it twice is fine."""
        self._holds.pop(number, None)
        return [] if self.is_closed else self._settle(moment)

    def swap_now(self, moment: Moment) -> list[Output]:
        """Swap what is pending whatever holds it: the current pair no longer works."""
        return [] if self.pending is None else self._swapped(moment.at, Kind.ROTATED)

    def roll_back(self, moment: Moment) -> list[Output]:
        """Return to the previous pair; the one left is not taken again until another came."""
        if self.is_closed or self.previous is None or moment.at >= self._previous_until:
            return []
        before, self.current, self.previous = self.current, self.previous, None
        self._refused = before
        if self.pending is not None and self._same(self.pending, self.current):
            self.pending = None
        return [Swap(before, self.current, Kind.ROLLED_BACK), Tell(Kind.ROLLED_BACK)]

    def return_to_newest(self, moment: Moment) -> list[Output]:
        """Undo a roll back: the pair returned to does not work either. There is no second one."""
        if self.is_closed or self._refused is None:
            return []
        before, self.current, self._refused = self.current, self._refused, None
        return [Swap(before, self.current, Kind.ROTATED), Tell(Kind.ROTATED)]

    def start_over(self, now: float) -> None:
        """Forget holds and the fetch under way: their threads are not in this process."""
        self._holds, self._again = {}, None
        self.is_fetching = False
        if not self._timing.is_pinned:
            self.due_at = now

    def close(self) -> list[Output]:
        """End everything; what comes afterwards is ignored."""
        if self.is_closed:
            return []
        self.is_closed, self.is_fetching = True, False
        self.pending = self.previous = None
        self._holds = {}
        return [Tell(Kind.CLOSED)]

    # how it decides

    def _begin(self, now: float) -> list[Output]:
        self.serial += 1
        self.is_fetching, self.began_at = True, now
        announced, self.announced = self.announced or None, None
        return [Fetch(self.serial, announced, self._denials > 0)]

    def _note(self, announced: str | None) -> None:
        """Keep the version for the next fetch; of several, in any order, none is told to be it."""
        if announced is not None:
            self.announced = announced if self.announced in {None, announced} else _SEVERAL

    def _overdue(self, moment: Moment) -> list[Output]:
        limit = self.began_at + self._timing.timeout + GRACE_SECONDS
        if not self.is_fetching or moment.at < limit:
            return []
        return self._ended(moment, Failed("unavailable"))

    def _ended(self, moment: Moment, outcome: Outcome) -> list[Output]:
        self.is_fetching = False
        if isinstance(outcome, Failed):
            outputs = self._failed(moment.at, outcome)
        else:
            outputs = self._succeeded(moment, outcome)
        if self._again is not None:
            self.due_at = min(self.due_at, self._due_again(moment.at))
            self._again = None
        return outputs

    @property
    def _stale_at(self) -> float:
        """When to tell that it is stale: at ttl, unless the first look since may still confirm."""
        if self._is_stale or (self.is_fetching and not self.failures):
            return float("inf")
        return self.confirmed_at + self._timing.ttl

    def _aged(self, now: float) -> list[Output]:
        if self.refusal is not None or self._timing.is_pinned:
            return []
        outputs: list[Output] = []
        if now >= self._stale_at:
            self._is_stale = True
            outputs.append(Tell(Kind.STALE))
        if now >= self.confirmed_at + self._timing.max_stale:
            self.refusal = "expired"
            outputs += [Refuse("expired"), Tell(Kind.EXPIRED)]
        return outputs

    def _succeeded(self, moment: Moment, outcome: Same | New) -> list[Output]:
        now = moment.at
        outputs: list[Output] = []
        is_recovery = self.failures > 0 or self.refusal is not None
        is_unserved = self.refusal is not None
        if is_unserved:
            self.refusal = None
            outputs.append(Refuse(None))
        if is_recovery:  # told once it is served again
            outputs.append(Tell(Kind.RECOVERED))
        self.confirmed_at, self.error, self.failures = now, None, 0
        self._pause, self._denials, self._is_stale = 0.0, 0, False
        self._throttled_until = float("-inf")
        self.due_at = now + self._interval(outcome.rotates_in)
        if isinstance(outcome, Same):
            return outputs + self._settle(moment, is_unserved=is_unserved)
        return outputs + self._offered(moment, outcome.pair, is_unserved=is_unserved)

    def _offered(self, moment: Moment, pair: Any, *, is_unserved: bool) -> list[Output]:
        if self._same(pair, self.current) or (
            self._refused is not None and self._same(pair, self._refused)
        ):
            self.pending = None
            return []
        is_news = self.pending is None or not self._same(pair, self.pending)
        self.pending = pair
        outputs = self._settle(moment, is_unserved=is_unserved)
        if self.pending is not None and is_news:
            outputs.append(Tell(Kind.PENDING))
        return outputs

    def _settle(self, moment: Moment, *, is_unserved: bool = False) -> list[Output]:
        """Swap what is pending unless a hold or the window keeps it back.

        Neither does while the current pair is not served: there is nothing to keep.
        """
        self._opens_at = moment.at + moment.opens_in
        over = [number for number, until in self._holds.items() if moment.at >= until]
        for number in over:
            del self._holds[number]
        outputs: list[Output] = [Tell(Kind.HOLD_ENDED)] if over else []
        is_kept = (bool(self._holds) or moment.opens_in > 0) and not is_unserved
        if self.pending is None or is_kept:
            return outputs
        return outputs + self._swapped(moment.at, Kind.ROTATED)

    def _swapped(self, now: float, kind: Kind) -> list[Output]:
        before, self.current, self.pending = self.current, self.pending, None
        self.previous, self._previous_until = before, now + self._timing.overlap
        self._refused = None
        return [Swap(before, self.current, kind), Tell(kind)]

    def _failed(self, now: float, outcome: Failed) -> list[Output]:
        is_news = outcome.code != self.error
        self.error = outcome.code
        self.failures += 1
        if outcome.code in UNUSABLE:
            self.confirmed_at = now
        outputs: list[Output] = [Tell(Kind.FAILED, outcome.code)] if is_news else []
        if outcome.code in DENIALS:
            self._denials += 1
            if self._denials == 1:
                self.due_at = now + CONFIRM_SECONDS
                return outputs
            outputs += self._denied(outcome.code)
        else:
            self._denials = 0
        self.due_at = now + self._back_off(outcome)
        self._throttled_until = self.due_at if outcome.retry_after else float("-inf")
        return outputs

    def _denied(self, code: str) -> list[Output]:
        if self._denials > 2:  # noqa: PLR2004  # told already
            return []
        told: list[Output] = [Tell(Kind.DENIED, code)]
        if not self._timing.stops_when_denied or self.refusal not in {None, "expired"}:
            return told
        self.refusal = code
        return [Refuse(code), *told]

    def _back_off(self, outcome: Failed) -> float:
        """Return the next pause: decorrelated jitter, at least what the store asked for."""
        least = min(FIRST_PAUSE_SECONDS, self._timing.poll)
        longest = max(self._timing.longest_pause, least)
        self._pause = min(longest, self._draw(least, max(least, self._pause * 3)))
        asked = outcome.retry_after or 0.0
        return min(max(self._pause, asked), longest)

    def _due_again(self, now: float) -> float:
        """Return when to fetch for what was asked meanwhile; after a failure the pause stands."""
        if self._again:
            return now
        return float("inf") if self.failures else self.began_at + self._timing.least

    def _interval(self, rotates_in: float | None) -> float:
        poll = self._timing.poll
        if self._timing.is_pinned:
            return float("inf")
        if rotates_in is not None and abs(rotates_in) <= NEAR_ROTATION_SECONDS:
            poll = max(poll / NEAR_ROTATION_FACTOR, min(poll, self._timing.least))
        elif self.has_push:
            poll = max(poll, self._timing.ttl)
        # one look at ttl, and two before what is served expires, however rare the polls are
        longest, jitter = min(self._timing.ttl, self._timing.max_stale / 2), self._timing.jitter
        poll = min(poll, longest / (1 + jitter))
        if rotates_in is not None and rotates_in > NEAR_ROTATION_SECONDS:
            longest = min(longest, max(rotates_in - NEAR_ROTATION_SECONDS, self._timing.least))
        return min(poll * self._draw(1 - jitter, 1 + jitter), longest)
