"""What holds for a live handle in whatever order things happen to it."""

from __future__ import annotations

from math import inf
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from binance_creds.live.decide._machine import GRACE_SECONDS, Machine
from binance_creds.live.decide._messages import (
    DENIALS,
    UNUSABLE,
    Failed,
    Fetch,
    Kind,
    Moment,
    New,
    Refuse,
    Same,
    Swap,
)
from binance_creds.live.decide._pairs import HALF_SECONDS, Traits
from binance_creds.live.decide._timing import Timing

pytestmark = pytest.mark.unmeasured

CODES = sorted(DENIALS | {"unavailable", "throttled", "malformed", "environment", "verification"})
MOST_TICKS = 2000  # in 120 s; polls, holds, ages and pauses together make far fewer


def shares_half(one: int, other: int) -> bool:
    """Return whether one is a third version that follows the other: of its halves one is new."""
    return abs(one - other) == 1 and max(one, other) % 3 == 0


steps = (
    st.floats(0, 5) | st.floats(0, 120) | st.sampled_from([0.0, 0.5, 1.0, 5.0, 30.0, 35.0, 60.0])
)
timings = st.fixed_dictionaries(
    {
        "ttl": st.sampled_from([8.0, 100.0]),
        "poll": st.sampled_from([7.3, 20.0, 90.0]),
        "max_stale": st.sampled_from([61.7, 400.0]),
        "jitter": st.sampled_from([0.0, 0.1, 0.5]),
        "overlap": st.sampled_from([30.0, 500.0]),
        "max_hold": st.sampled_from([5.0, 60.0]),
        "stops_when_denied": st.booleans(),
        "timeout": st.sampled_from([2.1, 30.0]),
        "is_pinned": st.sampled_from([False, False, False, True]),
    }
).map(lambda durations: Timing(**durations))


class LiveHandle(RuleBasedStateMachine):
    """A machine between a store whose versions only grow and an engine that obeys."""

    @initialize(timing=timings, start=st.floats(0, 1e6), seed=st.integers(0, 9))
    def begin(self, timing: Timing, start: float, seed: int) -> None:
        self.timing, self.now, self.opens_at = timing, start, start
        self.machine = Machine(
            timing, 1, start, draw=Random(seed).uniform, traits=Traits(shares_half=shares_half)
        )
        self.newest = self.seen = self.current = self.highest = 1
        self.rejected: int | None = None  # rolled back from
        self.refusal: str | None = None
        self.serial, self.under_way, self.read = 0, None, 1
        self.late: list[tuple[int, int]] = []
        self.began_at, self.answered_at = -inf, start
        self.is_wanted = False  # somebody asked by name, or a process was forked
        self.is_asked = self.is_awaited = False  # the next fetch, and the one under way
        self.half: tuple[int, float] | None = None  # what waits, and since when
        self.is_announced = False
        self.announced: set[str] = set()  # since the last fetch began
        self.holds: dict[int, tuple[float, bool]] = {}  # their end, and whether nothing shortens it
        self.waits_since: float | None = None
        self.is_closed = False
        self.asked_for = 0.0  # by the store, after the last failure

    # what happens

    @rule(seconds=steps)
    def wait(self, seconds: float) -> None:
        """Let time pass; the engine ticks whenever it must."""
        until = self.now + seconds
        for _ in range(MOST_TICKS):
            if self.machine.next_at > until:
                break
            self.now = max(self.now, self.machine.next_at)
            self._tick()
        else:
            raise AssertionError("the engine would never rest")
        self.now = until

    @rule(seconds=st.sampled_from([0.1, 0.3, 3.0, 2000.0]))
    def sleep(self, seconds: float) -> None:
        """Suspend: time passes without a tick."""
        self.now += seconds
        self._tick()

    @rule()
    def tick_early(self) -> None:
        self._tick()

    @precondition(lambda self: self.newest < self.seen + 3)
    @rule(count=st.integers(1, 2))
    def rotate(self, count: int) -> None:
        """Put newer versions into the store."""
        self.newest += count

    @rule(
        is_urgent=st.booleans(),
        times=st.sampled_from([1, 1, 50]),
        version=st.sampled_from([None, "v", "v", "w"]),
    )
    def ask(self, is_urgent: bool, times: int, version: str | None) -> None:
        for _ in range(times):
            self.is_wanted |= is_urgent
            self.is_asked |= is_urgent
            self.is_announced = True
            self.announced |= {version} - {None}
            self._do(self.machine.ask(self._moment(), urgent=is_urgent, announced=version))

    @precondition(lambda self: self.under_way is not None)
    @rule(
        reads_late=st.booleans(),
        may_be_same=st.booleans(),
        rotates_in=st.none() | st.floats(-900, 9000),
    )
    def succeed(self, reads_late: bool, may_be_same: bool, rotates_in: float | None) -> None:
        """Answer with what the store held when the fetch began, or holds now."""
        version = self.newest if reads_late else self.read
        is_same = may_be_same and version == self.seen
        was_refused = self.refusal is not None
        is_kept = not (self.is_awaited or was_refused) and self._waits(version)
        self.half = self.half if is_kept else None
        before = self.machine.pairs.current, self.machine.pairs.pending
        self.asked_for = 0.0
        self._answer(Same(rotates_in) if is_same else New(version, rotates_in))
        self.seen, self.answered_at = version, self.now
        if is_kept:
            assert before == (self.machine.pairs.current, self.machine.pairs.pending)
            return
        is_free = self.opens_at <= self.now and not self._active()
        if is_free or was_refused:
            assert self.machine.pairs.pending is None
            assert (self.machine.pairs.current == version) == (version != self.rejected)
        assert (self.machine.failures, self.machine.error) == (0, None)
        assert self.refusal is None

    def _waits(self, version: int) -> bool:
        """Note half a change; return whether it may still become a whole one."""
        pairs = self.machine.pairs
        known = {pairs.current, pairs.pending, self.rejected} - {None}
        if version in known or not any(shares_half(version, one) for one in known):
            return False
        if self.half is None or self.half[0] != version:
            self.half = version, self.now
        return self.now < self.half[1] + HALF_SECONDS

    @precondition(lambda self: self.under_way is not None)
    @rule(code=st.sampled_from(CODES), retry_after=st.none() | st.floats(0, 500))
    def fail(self, code: str, retry_after: float | None) -> None:
        before = self.machine.pairs.current
        self.asked_for = min(retry_after or 0.0, self.timing.max_stale)
        self._answer(Failed(code, retry_after))
        self.answered_at = self.now if code in UNUSABLE else self.answered_at
        assert before == self.machine.pairs.current

    @precondition(lambda self: self.late)
    @rule()
    def answer_too_late(self) -> None:
        """Deliver what was given up."""
        serial, version = self.late.pop()
        assert self.machine.fetched(self._moment(), serial, New(version)) == []

    @rule()
    def hold(self) -> None:
        is_alone = (
            self.machine.pairs.pending is None or self.opens_at > self.now or not self._active()
        )
        number = self.machine.pairs.hold(self._moment())
        assert number not in self.holds
        self.holds[number] = (self.now + self.timing.max_hold, is_alone)

    @rule(choice=st.randoms(use_true_random=False))
    def release(self, choice: Random) -> None:
        number = choice.choice([*self.holds, 0])
        self.holds.pop(number, None)
        for _ in range(2):
            self._do(self.machine.release(self._moment(), number))

    @rule(seconds=st.sampled_from([0.0, 0.0, 0.0, 3.3, 40.0, 5000.0]))
    def shut_window(self, seconds: float) -> None:
        """Make the window open later; zero opens it now."""
        self.opens_at = self.now + seconds

    @rule(share=st.sampled_from([0.4, 0.9]))
    def hold_in_turns(self, share: float) -> None:
        """Hold again and again, each time before the last hold has ended."""
        for _ in range(4):
            self.hold()
            self.wait(self.timing.max_hold * share)

    @rule()
    def renew(self) -> None:
        """Rotate, and fetch at once."""
        self.newest += 1
        if self.under_way is None:
            self.ask(is_urgent=True, times=1, version=None)
        if self.under_way is not None:
            self.succeed(reads_late=True, may_be_same=True, rotates_in=None)

    @rule()
    def swap_now(self) -> None:
        self._do(self.machine.pairs.swap_now(self._moment()), is_forced=True)
        assert self.machine.pairs.pending is None

    @rule()
    def roll_back(self) -> None:
        self._do(self.machine.pairs.roll_back(self._moment()))

    @rule(has_push=st.booleans())
    def push(self, has_push: bool) -> None:
        self.machine.schedule.has_push = has_push

    @rule()
    def fork(self) -> None:
        self._give_up()
        self.machine.start_over(self.now)
        self.holds, self.is_wanted, self.is_asked = {}, True, False
        self._tick()

    @precondition(lambda self: self.machine.serial > 5)
    @rule(is_meant=st.sampled_from([False, False, False, True]))
    def close(self, is_meant: bool) -> None:
        if is_meant:
            outputs = self.machine.close()
            assert len(outputs) == (0 if self.is_closed else 1)
            self._give_up()
            self.is_closed, self.half = True, None

    # what the engine does with it

    def _moment(self) -> Moment:
        return Moment(self.now, max(0.0, self.opens_at - self.now))

    def _active(self) -> list[int]:
        return [number for number, (until, _) in self.holds.items() if self.now < until]

    def _give_up(self) -> None:
        if self.under_way is not None:
            self.late.append((self.under_way, self.newest))
        self.under_way = None

    def _tick(self) -> None:
        if self.now >= self.began_at + self.timing.timeout + GRACE_SECONDS:
            self._give_up()
        self._do(self.machine.tick(self._moment()), is_tick=True)
        if self.is_closed or (self.timing.is_pinned and self.machine.next_at == inf):
            return
        assert self.now < self.machine.next_at < inf
        if not (self.timing.is_pinned or self.refusal):
            is_first = self.under_way is not None and self.now < self.began_at + GRACE_SECONDS
            assert is_first or self.now < self.answered_at + self.timing.max_stale
        if self.waits_since is not None:
            assert self.now < self.waits_since + self.timing.max_hold

    def _answer(self, outcome: Same | New | Failed) -> None:
        serial, self.under_way = self.under_way, None
        self._do(self.machine.fetched(self._moment(), serial, outcome))

    def _do(self, outputs, *, is_tick: bool = False, is_forced: bool = False) -> None:
        assert not (self.is_closed and outputs)
        for output in outputs:
            match output:
                case Fetch():
                    self._fetch(output, is_tick=is_tick)
                case Swap():
                    self._swap(output, is_forced=is_forced or Refuse(None) in outputs)
                case Refuse():
                    assert output.code != self.refusal
                    assert self.refusal in {None, "expired"} or output.code is None
                    self.refusal = output.code
        self._note_waiting()

    def _fetch(self, order: Fetch, *, is_tick: bool) -> None:
        assert self.under_way is None
        assert order.serial == self.serial + 1
        assert order.announced == (min(self.announced) if len(self.announced) == 1 else None)
        assert self.is_wanted or self.now >= self.began_at + self.timing.least
        if self.timing.is_pinned and is_tick:
            assert self.is_wanted or self.is_announced or self.machine.failures or self.half
        self.serial = self.under_way = order.serial
        self.read, self.began_at = self.newest, self.now
        self.is_awaited = self.is_asked
        self.is_wanted = self.is_asked = self.is_announced = False
        self.announced = set()

    def _swap(self, swap: Swap, *, is_forced: bool) -> None:
        assert swap.before == self.current != swap.after
        assert swap.after <= self.newest
        if swap.kind is Kind.ROLLED_BACK:
            assert swap.after < swap.before
            self.rejected = swap.before
        else:
            assert swap.after > self.highest
            kept = [1 for number in self._active() if self.holds[number][1]]
            assert is_forced or not (kept or self.opens_at > self.now)
            self.rejected = None
        self.current, self.highest = swap.after, max(self.highest, swap.after)

    def _note_waiting(self) -> None:
        """Note since when a pair waits for nothing but the end of holds."""
        if self.machine.pairs.pending is None or self.opens_at > self.now:
            self.waits_since = None
        elif self.waits_since is None:
            self.waits_since = self.now

    # what always holds

    @invariant()
    def the_machine_and_the_world_agree(self) -> None:
        machine = self.machine
        assert self.current == machine.pairs.current
        assert (self.under_way is not None) == machine.is_fetching
        assert self.refusal == machine.refusal
        assert self.serial == machine.serial
        assert (self.half and self.half[0]) == machine.pairs.half
        assert machine.pairs.previous in {None, *range(1, self.newest + 1)} - {
            machine.pairs.current
        }
        assert machine.pairs.pending in {None, *range(1, self.newest + 1)} - {
            machine.pairs.current,
            self.rejected,
        } | {None}

    @invariant()
    def every_wait_is_bounded(self) -> None:
        machine = self.machine
        if self.is_closed:
            assert machine.next_at == inf
        elif not self.timing.is_pinned:
            longest = max(
                self.timing.poll * 2,
                self.timing.ttl,
                60.0,
                self.timing.timeout + GRACE_SECONDS,
                self.asked_for,
            )
            assert machine.next_at <= self.now + longest
        if machine.pairs.half is not None and not (machine.is_fetching or machine.failures):
            assert machine.next_at <= machine.pairs.half_until


def histories(count: int) -> settings:
    return settings(
        derandomize=True, max_examples=count, stateful_step_count=60, deadline=None, database=None
    )


class TestLiveHandle(LiveHandle.TestCase):
    settings = histories(100)


@pytest.mark.product
class TestManyLiveHandles(LiveHandle.TestCase):
    settings = histories(1000)
