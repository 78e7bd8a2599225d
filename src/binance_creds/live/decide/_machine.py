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

from typing import TYPE_CHECKING

from binance_creds.live.decide._answers import Answers
from binance_creds.live.decide._messages import Failed, Kind, Moment, Output, State, Tell
from binance_creds.live.decide._standing import GRACE_SECONDS

if TYPE_CHECKING:
    from binance_creds.live.decide._messages import Outcome

__all__ = ["GRACE_SECONDS", "Machine"]


class Machine(Answers):
    """Decide for one live handle. Not thread-safe: whoever drives it holds a lock.

    The rest of it is in the classes below: `Standing`, `Fetching`, `Answers`.
    """

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
        at = self._lost_at if self.is_fetching else self.schedule.due_at
        return min(at, self.pairs.next_at, self._ages_at(self._began_at))

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
        return outputs + self._aged(moment.at, self._began_at)

    def ask(
        self, moment: Moment, *, urgent: bool = False, announced: str | None = None
    ) -> list[Output]:
        """Fetch soon: a change was announced; or now, if somebody waits for it (`urgent`).

        Announcements within `least` seconds of the last fetch wait, so that a storm makes one.
        """
        if self.is_closed:
            return []
        self._note(announced)
        if self._asked_meanwhile(urgent=urgent):
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

    def release(self, moment: Moment, number: int) -> list[Output]:
        """End a hold; ending it twice is fine."""
        self.pairs.holds.pop(number, None)
        return [] if self.is_closed else self.pairs.settle(moment)

    def start_over(self, now: float) -> None:
        """Forget holds and the fetch under way: their threads are not in this process."""
        self.pairs.holds = {}
        self._forget_fetch(now)

    def close(self) -> list[Output]:
        """End everything; what comes afterwards is ignored."""
        if self.is_closed:
            return []
        self.is_closed, self.is_fetching = True, False
        self.pairs.close()
        return [Tell(Kind.CLOSED)]
