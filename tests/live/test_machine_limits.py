"""What the machine of a live handle decides at its limits, and what it passes on."""

from __future__ import annotations

from typing import Any

import pytest

from binance_creds import RefreshPolicy
from binance_creds.live.decide._machine import Machine
from binance_creds.live.decide._messages import (
    Failed,
    Fetch,
    Half,
    Kind,
    Moment,
    New,
    Refuse,
    Renew,
    Same,
    State,
    Swap,
    Tell,
)
from binance_creds.live.decide._pairs import HALF_SECONDS, Traits
from binance_creds.live.decide._timing import Timing, timing_of

PLAIN = Timing(ttl=100.0, poll=10.0, max_stale=1000.0, jitter=0.0, overlap=500.0, max_hold=60.0)
DOWN = Failed("unavailable")


def least(low: float, high: float) -> float:
    return low


def make(draw=least, **timing: Any) -> Machine:
    """Return a machine that has the pair "aa" at time zero: the letters are key and secret."""
    return Machine(
        PLAIN._replace(**timing),
        "aa",
        0.0,
        traits=Traits(
            same=lambda a, b: a[:2] == b[:2],
            shares_half=lambda a, b: (a[0] == b[0]) is not (a[1] == b[1]),
            renews=lambda old, new: (old, new) == ("aa", "aa of today"),
        ),
        draw=draw,
    )


def at(seconds: float, opens_in: float = 0.0) -> Moment:
    return Moment(seconds, opens_in)


def poll(machine: Machine, seconds: float, outcome, opens_in: float = 0.0) -> list[object]:
    """Fetch, so that nobody waits, and answer at once."""
    machine.join_batch(at(seconds))
    return machine.fetched(at(seconds, opens_in), machine.serial, outcome)


def test_the_durations_are_those_of_the_policy() -> None:
    policy = RefreshPolicy(
        ttl=1, poll=2, max_stale=3, jitter=0.4, overlap=5, max_hold=6, on_denied="keep"
    )
    local = timing_of(policy, timeout_seconds=7.0, is_local=True, is_pinned=True)
    assert Timing(1, 2, 3, 0.4, 5, 6, False, 0.02, 0.02, 7.0, 60.0, True) == local
    remote = timing_of(RefreshPolicy(), timeout_seconds=7.0, is_local=False, is_pinned=False)
    assert (True, 1.0, 10.0, False) == (
        remote.stops_when_denied, remote.least, remote.longest_spacing, remote.is_pinned
    )  # fmt: skip


# pairs


def test_another_version_of_the_current_pair_is_served_without_a_rotation() -> None:
    machine = make()
    assert [Renew()] == poll(machine, 10, New("aa of today"))
    assert machine.pairs.current == "aa of today"
    assert [] == poll(machine, 20, New("aa of yesterday"))
    assert machine.pairs.current == "aa of today"


def test_a_window_that_opens_within_a_second_is_waited_for() -> None:
    machine = make()
    assert [Tell(Kind.PENDING)] == poll(machine, 10, New("bb"), opens_in=0.5)
    assert machine.next_at == 10.5
    assert [Swap("aa", "bb", Kind.ROTATED), Tell(Kind.ROTATED)] == machine.tick(at(10.5))[:2]


def test_a_hold_that_begins_in_such_a_second_lasts_its_time() -> None:
    machine = make()
    machine.pairs.hold(at(9))
    poll(machine, 10, New("bb"), opens_in=0.5)
    machine.pairs.hold(at(10, 0.5))
    assert {69.0, 70.0} == set(machine.pairs.holds.values())


def test_a_roll_back_is_undone_with_the_pair_that_was_left() -> None:
    machine = make()
    poll(machine, 10, New("bb"))
    machine.pairs.roll_back(at(11))
    outputs = machine.pairs.return_to_newest(at(12))
    assert [Swap("aa", "bb", Kind.ROTATED), Tell(Kind.ROTATED)] == outputs
    assert ("bb", None) == (machine.pairs.current, machine.pairs.rolled_back_from)


def test_two_pairs_are_known_to_be_good() -> None:
    pairs = make().pairs
    for pair in ("aa", "bb", "bb again", "cc"):
        pairs.prove(pair)
    assert [False, True, True] == [*map(pairs.is_proven, ("aa", "bb", "cc"))]
    pairs.close()
    assert not pairs.is_proven("cc")


# half a change


def test_who_waits_takes_half_a_change_too() -> None:
    machine = make()
    assert machine.waits_for_half(1, "ba")
    machine.ask(at(1), urgent=True)
    assert not machine.waits_for_half(1, "ba")


def test_what_is_not_served_takes_half_a_change_too() -> None:
    machine = make()
    machine.tick(at(1000))
    machine.fetched(at(1000), machine.serial, DOWN)
    machine.tick(at(1010))
    assert machine.refusal == "expired"
    assert not machine.waits_for_half(1010, "ba")


def test_half_a_change_that_is_seen_twice_is_told_once() -> None:
    machine = make()
    assert [Tell(Kind.HALF_CHANGED)] == poll(machine, 10, Half("ba"))
    assert [] == poll(machine, 20, Half("ba"))


def test_the_date_of_a_rotation_counts_with_half_a_change() -> None:
    machine = make(poll=60.0)
    poll(machine, 10, Half("ba", rotates_in=5))
    assert machine.schedule.due_at == 20
    poll(machine, 10 + HALF_SECONDS, Same(rotates_in=5))
    assert ("ba", 50) == (machine.pairs.current, machine.schedule.due_at)


# standing


def test_a_new_handle_has_no_failure() -> None:
    machine = make()
    assert (None, None, 0) == (machine.error, machine.failure, machine.failures)


def test_a_failure_is_told_with_what_it_was() -> None:
    machine, error = make(), OSError()
    assert [Tell(Kind.FAILED, "unavailable", error)] == poll(
        machine, 10, Failed("unavailable", error=error)
    )
    assert machine.failure is error


def test_what_is_confirmed_may_become_stale_again() -> None:
    machine = make()
    poll(machine, 10, DOWN)
    assert Tell(Kind.STALE) in machine.tick(at(100))
    machine.fetched(at(100), machine.serial, Same())
    assert machine.state(100) is State.FRESH
    poll(machine, 110, DOWN)
    assert Tell(Kind.STALE) in machine.tick(at(200))


def test_what_has_expired_may_be_denied() -> None:
    machine = make()
    poll(machine, 10, DOWN)
    machine.tick(at(1000))
    denied = Failed("permission_denied")
    machine.fetched(at(1000), machine.serial, denied)
    machine.tick(at(1001))
    outputs = machine.fetched(at(1001), machine.serial, denied)
    assert [Refuse("permission_denied"), Tell(Kind.DENIED, "permission_denied")] == outputs


def test_a_fetch_under_way_puts_stale_off_by_a_tenth_of_a_short_ttl() -> None:
    machine = make(ttl=50.0)
    machine.join_batch(at(49))
    assert machine.next_at == 55


def test_a_fetch_that_begins_as_all_expires_is_awaited_for_a_moment() -> None:
    machine = make()
    assert [] == [one for one in machine.tick(at(1000)) if isinstance(one, Refuse)]
    assert machine.refusal is None


# when the source is asked


def test_a_success_ends_the_pause_of_announced_fetches() -> None:
    machine = make(least=0.02)
    poll(machine, 10, DOWN)
    poll(machine, 11, Same())
    assert [Fetch(3)] == machine.ask(at(11.5))


def test_a_denial_is_confirmed_after_the_least_spacing() -> None:
    machine = make(least=5.0)
    poll(machine, 10, Failed("permission_denied"))
    assert machine.schedule.due_at == 15


@pytest.mark.parametrize(("draw", "due_at"), [(least, 200 / 3), (max, 100)])
def test_a_poll_that_is_rarer_than_ttl_comes_by_ttl_with_all_its_jitter(draw, due_at) -> None:
    assert due_at == pytest.approx(make(draw, poll=1000.0, jitter=0.2).schedule.due_at)


def test_lost_announcements_bring_the_next_look_within_a_poll() -> None:
    machine = make(jitter=0.5)
    machine.schedule.has_push = True
    poll(machine, 10, Same())
    assert machine.schedule.due_at > 40
    machine.look_by_poll(at(20))
    assert machine.schedule.due_at == 25
    machine.look_by_poll(at(22))
    assert machine.schedule.due_at == 25


@pytest.mark.parametrize("why", ["failed", "pinned", "closed"])
def test_lost_announcements_shorten_no_pause_and_open_nothing(why) -> None:
    machine = make(is_pinned=why == "pinned")
    if why == "failed":
        poll(machine, 10, Failed("unavailable", retry_after=500.0))
    elif why == "closed":
        machine.close()
    before = machine.schedule.due_at
    machine.look_by_poll(at(-5.0))
    assert before == machine.schedule.due_at


def test_a_fetch_that_waits_for_its_turn_is_not_lost() -> None:
    machine = make()
    machine.join_batch(at(10))
    machine.queued()
    machine.tick(at(90))
    assert machine.awaits(1)
    machine.reads(90)
    assert [Tell(Kind.FAILED, "unavailable")] == [
        one for one in machine.tick(at(125)) if isinstance(one, Tell) and one.kind is Kind.FAILED
    ]
