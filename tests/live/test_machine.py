"""What the machine of a live handle decides: every input in every state, and what it puts out."""

from __future__ import annotations

from typing import Any

import pytest

from binance_creds.live.decide._machine import GRACE_SECONDS, Machine
from binance_creds.live.decide._messages import (
    DENIALS,
    UNDECIDED,
    UNUSABLE,
    Failed,
    Fetch,
    Half,
    Kind,
    Moment,
    New,
    Refuse,
    Same,
    State,
    Swap,
    Tell,
)
from binance_creds.live.decide._pairs import HALF_SECONDS, Traits
from binance_creds.live.decide._timing import Timing

DOWN = Failed("unavailable")
DENIED = Failed("permission_denied")
PLAIN: dict[str, Any] = {
    "ttl": 100.0, "poll": 10.0, "max_stale": 1000.0, "jitter": 0.0, "overlap": 500.0, "max_hold": 60.0,
}  # fmt: skip


def least(low: float, high: float) -> float:
    return low


def most(low: float, high: float) -> float:
    return high


def make(draw=least, **timing: Any) -> Machine:
    """Return a machine that has the pair "one" at time zero."""
    return Machine(Timing(**PLAIN | timing), "one", 0.0, draw=draw)


def at(seconds: float, opens_in: float = 0.0) -> Moment:
    return Moment(seconds, opens_in)


def kinds(outputs) -> list[Kind]:
    return [output.kind for output in outputs if isinstance(output, Tell)]


def answer(machine: Machine, seconds: float, outcome, opens_in: float = 0.0) -> list[object]:
    """Fetch by request and answer at once; return what the answer puts out."""
    machine.ask(at(seconds), urgent=True)
    return machine.fetched(at(seconds, opens_in), machine.serial, outcome)


def refused(machine: Machine) -> Machine:
    """Let the owner take the secret away."""
    for seconds in (10, 11):
        answer(machine, seconds, DENIED)
    assert machine.state(11) is State.FAILED
    return machine


# polling


def test_a_new_handle_is_fresh_and_waits_for_its_first_poll() -> None:
    machine = make()
    assert (State.FRESH, 0.0, 10.0) == (machine.state(0), machine.age(0), machine.next_at)
    assert [] == machine.tick(at(9.9))


def test_a_poll_makes_one_fetch_and_waits_for_its_outcome() -> None:
    machine = make()
    assert [Fetch(1)] == machine.tick(at(10))
    assert machine.state(10) is State.REFRESHING
    assert [] == machine.tick(at(30))
    assert 10 + 30 + GRACE_SECONDS == machine.next_at


def test_an_unchanged_source_confirms_and_puts_nothing_out() -> None:
    machine = make()
    machine.tick(at(10))
    assert [] == machine.fetched(at(12), 1, Same())
    assert (State.FRESH, 0.0, 22.0) == (machine.state(12), machine.age(12), machine.next_at)


def test_a_pair_of_the_same_material_is_no_rotation() -> None:
    machine = make()
    assert [] == answer(machine, 10, New("one"))
    assert machine.pairs.previous is None


@pytest.mark.parametrize(("draw", "seconds"), [(least, 8.0), (most, 12.0)])
def test_jitter_moves_a_poll_by_its_share(draw, seconds) -> None:
    assert seconds == pytest.approx(make(draw, jitter=0.2).schedule.due_at)


def test_polls_wait_for_ttl_while_announcements_arrive() -> None:
    machine = make()
    machine.schedule.has_push = True
    answer(machine, 10, Same())
    assert 110 == machine.schedule.due_at


@pytest.mark.parametrize("rotates_in", [600, 60, 0, -600])
def test_polls_are_denser_near_the_date_of_the_stores_own_rotation(rotates_in) -> None:
    machine = make(poll=60)
    machine.schedule.has_push = True
    answer(machine, 10, Same(rotates_in))
    assert 20 == machine.schedule.due_at


def test_denser_polls_that_come_early_keep_the_least_distance() -> None:
    machine = make(poll=6, jitter=0.5)
    answer(machine, 10, Same(0))
    assert 11 == machine.schedule.due_at


@pytest.mark.parametrize(
    ("rotates_in", "due_at"), [(2000, 1410), (601, 20), (600.5, 20), (9000, 3010)]
)
def test_rare_polls_do_not_sleep_past_the_time_before_that_date(rotates_in, due_at) -> None:
    machine = make(poll=3000, ttl=9000, max_stale=36_000, least=10)
    answer(machine, 10, Same(rotates_in))
    assert due_at == machine.schedule.due_at


def test_dense_polls_keep_the_least_spacing() -> None:
    machine = make(poll=3, least=1)
    answer(machine, 10, New("two", rotates_in=5))
    assert 11 == machine.schedule.due_at


def test_a_date_long_past_changes_nothing() -> None:
    machine = make()
    answer(machine, 10, Same(-601))
    assert 20 == machine.schedule.due_at


# a rotation


def test_a_new_pair_is_swapped_at_once_and_told_after() -> None:
    machine = make()
    outputs = answer(machine, 10, New("two"))
    assert [Swap("one", "two", Kind.ROTATED), Tell(Kind.ROTATED)] == outputs
    assert ("two", "one") == (machine.pairs.current, machine.pairs.previous)


def test_the_previous_pair_stays_for_the_overlap() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    machine.tick(at(509))
    assert machine.pairs.previous == "one"
    machine.fetched(at(509), machine.serial, Same())
    assert 510 == machine.next_at
    machine.tick(at(510))
    assert machine.pairs.previous is None


def test_two_rotations_keep_only_the_pair_before() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    answer(machine, 11, New("three"))
    assert ("three", "two") == (machine.pairs.current, machine.pairs.previous)


def test_material_is_compared_as_the_owner_says() -> None:
    machine = Machine(Timing(), "one", 0.0, traits=Traits(same=lambda a, b: a[0] == b[0]))
    assert [] == answer(machine, 10, New("only its beginning counts"))


# failures


def test_a_failure_keeps_the_pair_and_is_told_once_a_code() -> None:
    machine = make()
    assert [Tell(Kind.FAILED, "unavailable")] == answer(machine, 10, DOWN)
    assert [] == answer(machine, 20, DOWN)
    assert [Tell(Kind.FAILED, "malformed")] == answer(machine, 30, Failed("malformed"))
    assert ("one", "malformed", 3) == (machine.pairs.current, machine.error, machine.failures)
    assert machine.state(30) is State.FRESH


def test_pauses_grow_threefold_at_most_up_to_the_longest() -> None:
    machine, now, pauses = make(most), 10.0, []
    for _ in range(6):
        answer(machine, now, DOWN)
        pauses.append(machine.schedule.due_at - now)
        now = machine.schedule.due_at
    assert [3, 9, 27, 60, 60, 60] == pauses


def test_pauses_are_decorrelated() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    machine = make(draw)
    drawn.clear()
    answer(machine, 10, DOWN)
    answer(machine, 20, DOWN)
    assert [(1, 3), (1, 3)] == drawn


def test_a_poll_shorter_than_a_second_backs_off_from_there() -> None:
    machine = make(poll=0.25)
    answer(machine, 10, DOWN)
    assert 10.25 == machine.schedule.due_at


def test_the_store_may_ask_for_a_longer_pause_up_to_max_stale() -> None:
    """Longer than our own pauses ever are: a store that is asked earlier asks for more."""
    machine = make()
    answer(machine, 10, Failed("throttled", 600))
    assert 610 == machine.schedule.due_at
    machine.ask(at(300))
    assert 610 == machine.schedule.due_at
    answer(machine, 30, Failed("throttled", 9000))
    assert 1030 == machine.schedule.due_at


def test_the_store_cannot_ask_for_a_shorter_pause() -> None:
    machine = make()
    answer(machine, 10, Failed("throttled", 0.01))
    assert 11 == machine.schedule.due_at


def test_a_success_ends_the_back_off_and_is_told() -> None:
    machine = make(most)
    for seconds in (10, 20, 30):
        answer(machine, seconds, DOWN)
    assert [Tell(Kind.RECOVERED)] == answer(machine, 40, Same())
    assert (None, 0, 50.0) == (machine.error, machine.failures, machine.schedule.due_at)
    answer(machine, 50, DOWN)
    assert 53 == machine.schedule.due_at


# too old


def test_stale_is_told_once() -> None:
    machine = make()
    answer(machine, 10, DOWN)
    told = [kinds(machine.tick(at(seconds))) for seconds in (99, 100, 101, 150)]
    assert [[], [Kind.STALE], [], []] == told


@pytest.mark.parametrize("draw", [least, most])
def test_a_look_at_ttl_that_succeeds_leaves_nothing_to_tell(draw) -> None:
    machine = make(draw, jitter=0.5, timeout=100)
    machine.schedule.has_push = True
    answer(machine, 10, Same())
    now = machine.next_at
    assert [Fetch(2)] == machine.tick(at(now))
    assert machine.next_at > now
    assert [] == machine.tick(at(115))
    assert [] == machine.fetched(at(116), 2, Same())


@pytest.mark.parametrize("is_lost", [True, False])
def test_stale_is_told_when_the_look_at_ttl_brings_nothing(is_lost) -> None:
    machine = make(poll=100)
    machine.tick(at(100))
    if not is_lost:
        machine.fetched(at(102), 1, DOWN)
        assert machine.next_at <= 102
    assert Kind.STALE in kinds(machine.tick(at(machine.next_at)))


@pytest.mark.parametrize("timing", [{"ttl": 20, "poll": 90}, {"poll": 90, "max_stale": 40}])
def test_a_look_comes_at_ttl_and_twice_within_max_stale_however_rare_the_polls(timing) -> None:
    assert 20 == make(**timing).schedule.due_at


@pytest.mark.parametrize(("ttl", "max_stale", "told_at"), [(100, 1000, 110), (300, 900, 310)])
def test_stale_is_told_while_a_fetch_hangs_past_ttl(ttl, max_stale, told_at) -> None:
    """Not only that the pair has expired, once it has."""
    machine = make(ttl=ttl, max_stale=max_stale, poll=ttl - 10, timeout=2000)
    machine.tick(at(ttl - 10))
    assert State.REFRESHING is machine.state(ttl)
    assert told_at == machine.next_at
    assert [Kind.STALE] == kinds(machine.tick(at(told_at)))
    assert State.STALE is machine.state(told_at)
    assert [Kind.EXPIRED] == kinds(machine.tick(at(max_stale)))


def test_a_fetch_that_hangs_leaves_time_between_stale_and_expired() -> None:
    machine = make(ttl=10, max_stale=10.5, poll=5)
    machine.tick(at(5))
    assert 10.25 == machine.next_at


def test_a_stale_pair_is_still_served() -> None:
    machine = make()
    machine.tick(at(10))
    machine.fetched(at(10), 1, DOWN)
    assert machine.state(99.9) is State.FRESH
    assert machine.state(100) is State.STALE
    assert machine.pairs.current == "one"


def test_a_pair_without_an_answer_is_verified_again_and_not_read() -> None:
    """By a source that nobody polls, such as one that prompts, until it is asked for."""
    machine = make(poll=float("inf"), first_pause=float("inf"))
    answer(machine, 10, Failed(UNDECIDED))
    again = machine.tick(at(machine.next_at))
    assert [True] == [output.is_check for output in again if isinstance(output, Fetch)]
    machine.fetched(at(40), machine.serial, Failed(UNDECIDED))
    asked = machine.ask(at(50), urgent=True)
    assert [False] == [output.is_check for output in asked if isinstance(output, Fetch)]


@pytest.mark.parametrize("code", sorted(UNUSABLE))
def test_what_cannot_be_used_confirms_nothing_and_expires_nothing(code) -> None:
    """The source answers, so its owner is at work; the age says since when."""
    machine = make()
    told = []
    for seconds in range(10, 2000, 90):
        told += kinds(machine.tick(at(seconds))) + kinds(answer(machine, seconds, Failed(code)))
    assert [Kind.UNDECIDED if code == "undecided" else Kind.FAILED, Kind.STALE] == told
    assert (1990.0, State.STALE, None) == (machine.age(1990), machine.state(1990), machine.refusal)
    answer(machine, 1991, DOWN)
    assert Kind.EXPIRED in kinds(machine.tick(at(2990)))


def test_max_stale_refuses_once_and_keeps_trying() -> None:
    machine = make(is_pinned=False)
    answer(machine, 10, DOWN)
    outputs = machine.tick(at(1000))
    assert [Kind.STALE, Kind.EXPIRED] == kinds(outputs)
    assert Refuse("expired") in outputs
    assert any(isinstance(output, Fetch) for output in outputs)
    machine.fetched(at(1001), machine.serial, DOWN)
    assert machine.state(1001) is State.EXPIRED
    assert [] == kinds(machine.tick(at(1500)))
    assert 1500 < machine.next_at < float("inf")


def test_a_pair_that_is_not_served_is_not_called_stale() -> None:
    machine = make(ttl=100, max_stale=50)
    answer(machine, 10, DOWN)
    told = [kinds(machine.tick(at(seconds))) for seconds in (50, 100)]
    assert [[Kind.EXPIRED], []] == told


@pytest.mark.parametrize(("outcome", "current"), [(Same(), "one"), (New("two"), "two")])
def test_an_expired_handle_serves_again_after_a_success(outcome, current) -> None:
    machine = make()
    answer(machine, 10, DOWN)
    machine.tick(at(1000))
    outputs = machine.fetched(at(1001), machine.serial, outcome)
    assert [Refuse(None), Tell(Kind.RECOVERED)] == outputs[:2]
    assert (current, State.FRESH) == (machine.pairs.current, machine.state(1001))
    answer(machine, 1001, DOWN)
    assert Kind.EXPIRED in kinds(machine.tick(at(2001)))


def test_after_a_suspend_beyond_max_stale_the_source_is_asked_first() -> None:
    machine = make()
    outputs = machine.tick(at(7200))
    assert [Fetch] == [type(output) for output in outputs]
    assert (State.REFRESHING, None, 7205.0) == (
        machine.state(7200), machine.refusal, machine.next_at
    )  # fmt: skip
    assert [] == machine.tick(at(7204.9))
    assert [] == machine.fetched(at(7204.9), 1, Same())
    assert machine.state(7204.9) is State.FRESH


def test_after_a_suspend_no_answer_soon_is_as_good_as_none() -> None:
    machine = make()
    machine.tick(at(7200))
    assert Refuse("expired") in machine.tick(at(7205))
    assert Refuse(None) in machine.fetched(at(7206), 1, Same())


def test_after_a_suspend_the_source_is_awaited_once() -> None:
    """However often somebody asks while it fails."""
    machine = make()
    machine.tick(at(7200))
    machine.ask(at(7200), urgent=True)
    assert Refuse("expired") in machine.fetched(at(7201), 1, DOWN)
    machine.tick(at(7201))
    assert 2 == machine.serial


def test_after_a_suspend_the_answer_that_fails_ends_the_serving_at_once() -> None:
    """A caller of `refresh` that saw it fail does not get the old pair a moment later."""
    machine = make()
    machine.tick(at(7200))
    assert Refuse("expired") in machine.fetched(at(7201), 1, DOWN)
    assert machine.state(7201) is State.EXPIRED


# denied


@pytest.mark.parametrize("code", sorted(DENIALS))
def test_a_denial_is_confirmed_once_with_a_new_login_and_then_refused(code) -> None:
    machine = make()
    assert [Fetch(1)] == machine.tick(at(10))
    assert [Tell(Kind.FAILED, code)] == machine.fetched(at(10), 1, Failed(code))
    assert machine.state(10) is State.FRESH
    assert 11 == machine.next_at
    assert [Fetch(2, with_new_login=True)] == machine.tick(at(11))
    assert [Refuse(code), Tell(Kind.DENIED, code)] == machine.fetched(at(11), 2, Failed(code))
    assert machine.state(11) is State.FAILED


def test_after_a_denial_the_source_is_asked_with_pauses_and_told_no_more() -> None:
    machine = refused(make())
    assert [] == answer(machine, 20, DENIED)
    assert 20 < machine.next_at < 20 + 61


def test_a_denied_handle_serves_again_after_a_success() -> None:
    machine = refused(make())
    assert [Refuse(None), Tell(Kind.RECOVERED)] == answer(machine, 20, Same())
    assert [Fetch(4)] == machine.tick(at(30))


def test_a_denied_handle_does_not_expire_on_top() -> None:
    machine = refused(make())
    assert Refuse("expired") not in machine.tick(at(1000))
    assert machine.state(1000) is State.FAILED


def test_a_denial_that_is_not_confirmed_was_none() -> None:
    machine = make()
    answer(machine, 10, DENIED)
    assert [Tell(Kind.RECOVERED)] == answer(machine, 11, Same())
    assert [Tell(Kind.FAILED, "permission_denied")] == answer(machine, 20, DENIED)


def test_what_is_announced_after_a_denial_looks_and_confirms_nothing() -> None:
    """A file that is written anew makes several events; the second look comes when it was due."""
    machine = make(least=0.02)
    answer(machine, 10, DENIED)
    for moment in (10.5, 10.9):
        assert [Fetch(machine.serial + 1)] == machine.ask(at(moment))
        assert [] == machine.fetched(at(moment), machine.serial, DENIED)
        assert 11 == machine.next_at
    assert [Fetch(4, with_new_login=True)] == machine.tick(at(11))
    assert [Refuse("permission_denied"), Tell(Kind.DENIED, "permission_denied")] == (
        machine.fetched(at(11), 4, DENIED)
    )


def test_another_failure_does_not_confirm_a_denial() -> None:
    machine = make()
    for seconds, outcome in ((10, DENIED), (11, DOWN), (12, DENIED)):
        assert Kind.DENIED not in kinds(answer(machine, seconds, outcome))
    assert [Refuse("permission_denied"), Tell(Kind.DENIED, "permission_denied")] == answer(
        machine, 13, DENIED
    )


def test_keep_goes_on_serving_with_one_alarm() -> None:
    machine = make(stops_when_denied=False)
    answer(machine, 10, DENIED)
    assert [Tell(Kind.DENIED, "permission_denied")] == answer(machine, 11, DENIED)
    assert [] == answer(machine, 12, DENIED)
    assert machine.state(12) is State.FRESH
    assert Refuse("expired") in machine.tick(at(1000))


@pytest.mark.parametrize("is_expired", [True, False])
def test_a_pair_that_is_not_served_is_not_served_again_by_a_hold_or_the_window(is_expired) -> None:
    machine = make()
    if is_expired:
        answer(machine, 10, DOWN)
        machine.tick(at(1000))
        machine.fetched(at(1000), machine.serial, DOWN)
        assert machine.refusal == "expired"
    else:
        refused(machine)
    number = machine.pairs.hold(at(1000))
    outputs = answer(machine, 1001, New("two"), opens_in=3600)
    assert outputs == [
        Refuse(None), Tell(Kind.RECOVERED), Swap("one", "two", Kind.ROTATED), Tell(Kind.ROTATED),
    ]  # fmt: skip
    assert [] == machine.release(at(1001), number)


def test_a_hold_outlasts_a_refusal() -> None:
    machine = refused(make())
    number = machine.pairs.hold(at(12))
    answer(machine, 13, New("two"))
    answer(machine, 14, New("three"))
    assert ("two", "three") == (machine.pairs.current, machine.pairs.pending)
    machine.release(at(15), number)
    assert machine.pairs.current == "three"


def test_a_pending_pair_is_swapped_when_a_refusal_ends() -> None:
    machine = make()
    answer(machine, 9, New("two"), opens_in=3600)
    refused(machine)
    answer(machine, 20, Same(), opens_in=3589)
    assert machine.pairs.current == "two"


def test_a_denial_of_what_had_expired_is_told() -> None:
    machine = make()
    machine.tick(at(1000))
    machine.fetched(at(1000), 1, DENIED)
    outputs = answer(machine, 1001, DENIED)
    assert [Refuse("permission_denied"), Tell(Kind.DENIED, "permission_denied")] == outputs
    assert machine.state(1001) is State.FAILED


def test_a_denial_is_refused_once_whatever_came_between() -> None:
    machine = refused(make())
    for seconds, outcome in ((20, DOWN), (21, DENIED), (22, DENIED)):
        assert all(isinstance(one, Tell) for one in answer(machine, seconds, outcome))


# announcements and requests


def test_an_announcement_is_fetched_at_once_by_its_version() -> None:
    assert [Fetch(1, "v2")] == make().ask(at(5), announced="v2")


def test_an_announcement_that_waits_keeps_its_version() -> None:
    """Once: the fetch after that is an ordinary one again."""
    machine = make(poll=50)
    answer(machine, 5, Same())
    assert [] == machine.ask(at(5.5), announced="v2")
    assert [] == machine.ask(at(5.6))
    assert [Fetch(2, "v2")] == machine.tick(at(6))
    assert [] == machine.ask(at(6.1), announced="v3")
    machine.fetched(at(6.2), 2, Same())
    assert [Fetch(3, "v3")] == machine.tick(at(7))
    machine.fetched(at(7), 3, Same())
    assert [Fetch(4)] == machine.tick(at(57))


def test_of_several_versions_that_wait_none_is_fetched_by_name() -> None:
    """They may come out of order: the source says which is current."""
    machine = make(poll=50)
    answer(machine, 5, Same())
    for version in ("v3", "v2", "v2", "v3"):
        machine.ask(at(5.5), announced=version)
    assert [Fetch(2)] == machine.tick(at(6))


def test_a_storm_of_announcements_makes_one_fetch() -> None:
    machine = make(poll=50)
    answer(machine, 5, Same())
    for _ in range(1000):
        assert [] == machine.ask(at(5.5))
    assert 6 == machine.next_at
    assert [Fetch(2)] == machine.tick(at(6))
    machine.fetched(at(6), 2, Same())
    assert 56 == machine.next_at


def test_an_announcement_right_after_the_first_load_waits_as_after_any_fetch() -> None:
    """Such as that of a watch that has just begun."""
    machine = make()
    assert [] == machine.ask(at(0.25))
    assert 1 == machine.schedule.due_at
    assert [Fetch(1)] == machine.tick(at(1))


def test_an_announcement_never_puts_a_poll_off() -> None:
    machine = make(poll=0.5)
    answer(machine, 5, Same())
    machine.ask(at(5.1))
    assert 5.5 == machine.schedule.due_at


def test_announcements_during_a_fetch_make_one_more() -> None:
    machine = make(poll=50)
    machine.ask(at(5))
    for _ in range(1000):
        assert [] == machine.ask(at(5.5))
    machine.fetched(at(5.6), 1, Same())
    assert 6 == machine.schedule.due_at
    assert [Fetch(2)] == machine.tick(at(6))
    machine.fetched(at(6), 2, Same())
    assert 56 == machine.schedule.due_at


def test_announcements_do_not_break_the_pause_after_a_failure() -> None:
    machine = make(most)
    for seconds in (5, 6, 7, 8):
        answer(machine, seconds, DOWN)
    assert [] == machine.ask(at(9))
    assert 18 == machine.schedule.due_at  # the pause is 60 s, its share for announcements 10 s
    machine.tick(at(18))
    machine.ask(at(18.5))
    machine.fetched(at(18.6), machine.serial, DOWN)
    assert 78.6 == pytest.approx(machine.schedule.due_at)


def test_announcements_wait_for_as_long_as_the_store_asked() -> None:
    machine = make()
    answer(machine, 5, Failed("throttled", 40))
    assert [] == machine.ask(at(20))
    assert 45 == machine.schedule.due_at
    answer(machine, 21, Same())
    assert [Fetch(3)] == machine.ask(at(22))


def test_a_request_begins_at_once_whatever_the_spacing() -> None:
    machine = make()
    answer(machine, 5, DOWN)
    assert [Fetch(2)] == machine.ask(at(5.1), urgent=True)


@pytest.mark.parametrize("outcome", [Same(), DOWN])
def test_a_request_during_a_fetch_makes_another_right_after_it(outcome) -> None:
    machine = make()
    machine.ask(at(5))
    assert [] == machine.ask(at(5.1), urgent=True)
    assert [] == machine.ask(at(5.2))
    machine.fetched(at(5.3), 1, outcome)
    assert [Fetch(2)] == machine.tick(at(5.3))


# lost and late


def test_an_outcome_of_another_fetch_is_ignored() -> None:
    machine = make()
    assert [] == machine.fetched(at(5), 0, New("never asked for"))
    machine.ask(at(5), urgent=True)
    assert [] == machine.fetched(at(5), 7, New("of another"))
    assert machine.is_fetching


def test_a_fetch_that_nobody_answers_counts_as_failed() -> None:
    machine = make(timeout=3)
    machine.tick(at(10))
    assert [] == machine.tick(at(17.9))
    assert 18 == machine.next_at
    assert [Tell(Kind.FAILED, "unavailable")] == machine.tick(at(18))
    assert [] == machine.fetched(at(18.5), 1, New("too late"))
    assert [Fetch(2)] == machine.tick(at(19))
    assert [] == machine.fetched(at(20), 1, New("too late"))
    assert machine.pairs.current == "one"


def test_what_was_asked_during_a_lost_fetch_is_not_lost_with_it() -> None:
    machine = make(most, timeout=3)
    machine.tick(at(10))
    machine.ask(at(11), urgent=True)
    assert [Tell(Kind.FAILED, "unavailable"), Fetch(2)] == machine.tick(at(18))
    machine.fetched(at(19), 2, Same())
    assert 29 == machine.schedule.due_at


# holds and windows


def test_a_hold_keeps_a_swap_back_until_its_end() -> None:
    machine = make()
    number = machine.pairs.hold(at(9))
    assert [Tell(Kind.PENDING)] == answer(machine, 10, New("two"))
    assert ("one", "two", State.HELD) == (
        machine.pairs.current,
        machine.pairs.pending,
        machine.state(10),
    )
    assert [Swap("one", "two", Kind.ROTATED), Tell(Kind.ROTATED)] == machine.release(at(11), number)
    assert [] == machine.release(at(11), number)
    assert machine.state(11) is State.FRESH


def test_nested_holds_end_with_the_last() -> None:
    machine = make()
    outer, inner = machine.pairs.hold(at(9)), machine.pairs.hold(at(9))
    answer(machine, 10, New("two"))
    assert [] == machine.release(at(11), inner)
    assert [] == machine.release(at(11), inner)
    assert machine.pairs.current == "one"
    machine.release(at(12), outer)
    assert machine.pairs.current == "two"


def test_a_hold_without_a_rotation_puts_nothing_out() -> None:
    machine = make()
    assert [] == machine.release(at(2), machine.pairs.hold(at(1)))


def test_a_hold_that_is_too_long_no_longer_keeps_a_swap_back() -> None:
    machine = make(poll=500)
    number = machine.pairs.hold(at(5))
    answer(machine, 10, New("two"))
    assert 65 == machine.next_at
    outputs = machine.tick(at(65))
    assert [Kind.HOLD_ENDED, Kind.ROTATED] == kinds(outputs)
    assert machine.pairs.current == "two"
    assert [] == machine.release(at(66), number)


def test_holds_that_overlap_without_end_do_not_keep_a_swap_back_without_end() -> None:
    machine = make(poll=500)
    machine.pairs.hold(at(5))
    answer(machine, 10, New("two"))
    for seconds in range(20, 65, 10):
        machine.pairs.hold(at(seconds))
    assert 65 == machine.next_at
    assert Kind.ROTATED in kinds(machine.tick(at(65)))
    machine.pairs.hold(at(70))
    answer(machine, 71, New("three"))
    assert 130 == machine.next_at


def test_holds_overlap_freely_while_the_window_is_shut() -> None:
    machine = make(poll=500, ttl=5000, max_stale=50_000)
    machine.pairs.hold(at(5))
    answer(machine, 10, New("two"), opens_in=100)
    machine.pairs.hold(at(50, 60))
    machine.pairs.hold(at(100, 10))
    assert 160 == machine.next_at


def test_a_newer_pair_replaces_the_pending_one_and_is_told() -> None:
    machine = make()
    number = machine.pairs.hold(at(9))
    answer(machine, 10, New("two"))
    assert [] == answer(machine, 11, New("two"))
    assert [Tell(Kind.PENDING)] == answer(machine, 12, New("three"))
    machine.release(at(13), number)
    assert ("three", "one") == (machine.pairs.current, machine.pairs.previous)


def test_a_source_that_goes_back_drops_the_pending_pair() -> None:
    machine = make()
    number = machine.pairs.hold(at(9))
    answer(machine, 10, New("two"))
    assert [] == answer(machine, 11, New("one"))
    assert [] == machine.release(at(12), number)
    assert machine.pairs.current == "one"


def test_a_shut_window_keeps_a_swap_back_until_it_opens() -> None:
    machine = make(poll=500, ttl=5000, max_stale=50_000)
    assert [Tell(Kind.PENDING)] == answer(machine, 10, New("two"), opens_in=90)
    assert (State.HELD, 100.0) == (machine.state(10), machine.next_at)
    assert [] == machine.tick(at(50, 70))  # the wall clock was set
    assert 120 == machine.next_at
    assert [Kind.ROTATED] == kinds(machine.tick(at(120)))


def test_a_hold_may_last_beyond_the_opening_of_the_window() -> None:
    machine = make(poll=500, ttl=5000, max_stale=50_000)
    machine.pairs.hold(at(9))
    answer(machine, 10, New("two"), opens_in=20)
    assert 69 == machine.next_at
    machine.tick(at(30))
    assert machine.pairs.current == "one"
    assert [Kind.HOLD_ENDED, Kind.ROTATED] == kinds(machine.tick(at(69)))


def test_swap_now_passes_holds_and_windows() -> None:
    machine = make()
    assert [] == machine.pairs.swap_now(at(1))
    machine.pairs.hold(at(9))
    answer(machine, 10, New("two"), opens_in=1000)
    outputs = machine.pairs.swap_now(at(11))
    assert [Swap("one", "two", Kind.ROTATED), Tell(Kind.ROTATED)] == outputs


# half a change


def halves(poll: float = 500, **timing: Any) -> Machine:
    """Return a machine whose pairs are texts of two letters: a key, and a secret."""
    return Machine(
        Timing(**PLAIN | {"poll": poll} | timing),
        "aa",
        0.0,
        draw=least,
        traits=Traits(shares_half=lambda a, b: (a[0] == b[0]) is not (a[1] == b[1])),
    )


def poll(machine: Machine, seconds: float, outcome, opens_in: float = 0.0) -> list[object]:
    """Fetch by announcement, so that nobody waits, and answer at once."""
    machine.ask(at(seconds))
    return machine.fetched(at(seconds, opens_in), machine.serial, outcome)


SWAPPED = [Kind.ROTATED]


@pytest.mark.parametrize("half", ["ba", "ab"])
def test_a_half_change_waits_for_the_other_half(half) -> None:
    machine = halves()
    assert [Tell(Kind.HALF_CHANGED)] == poll(machine, 10, New(half))
    assert [] == poll(machine, 12, New(half))
    assert SWAPPED == kinds(poll(machine, 14, New("bb")))
    assert ("bb", "aa", None) == (
        machine.pairs.current,
        machine.pairs.previous,
        machine.pairs.half,
    )


@pytest.mark.parametrize("again", [Same(), New("ba")])
def test_a_half_change_that_stays_is_taken_after_a_while(again) -> None:
    """At the second look, also where the source says that it holds what was read last."""
    machine = halves()
    poll(machine, 10, New("ba"))
    assert [] == poll(machine, 39.9, again)
    assert 10 + HALF_SECONDS == machine.next_at
    assert [Fetch(3)] == machine.tick(at(40))
    assert SWAPPED == kinds(machine.fetched(at(40), 3, again))
    assert "ba" == machine.pairs.current


def test_half_a_change_that_is_not_verified_is_never_taken_as_it_is() -> None:
    """Once its time is over it is read again at once, for whoever verifies."""
    machine = halves()
    assert [Tell(Kind.HALF_CHANGED)] == poll(machine, 10, Half("ba"))
    assert machine.waits_for_half(39.9, "ba")
    assert not machine.waits_for_half(40, "ba")
    assert machine.waits_for_half(40, "ca")
    assert [] == poll(machine, 40, Half("ba"))
    assert ("aa", 40) == (machine.pairs.current, machine.schedule.due_at)


def test_polls_go_on_while_a_half_waits() -> None:
    machine = halves(poll=10)
    poll(machine, 10, New("ba"))
    assert 20 == machine.next_at


def test_a_half_change_that_is_undone_is_forgotten() -> None:
    machine = halves()
    poll(machine, 10, New("ba"))
    assert [] == poll(machine, 20, New("aa"))
    assert [] == poll(machine, 50, Same())
    assert ("aa", None) == (machine.pairs.current, machine.pairs.half)
    assert [Tell(Kind.HALF_CHANGED)] == poll(machine, 60, New("ba"))


def test_another_half_change_waits_anew() -> None:
    machine = halves()
    poll(machine, 10, New("ba"))
    assert [Tell(Kind.HALF_CHANGED)] == poll(machine, 30, New("ac"))
    assert [] == poll(machine, 50, Same())
    assert SWAPPED == kinds(poll(machine, 60, Same()))


def test_a_half_change_is_taken_at_once_if_somebody_asks() -> None:
    """Who calls `refresh`, or reports a rejection, has corrected it, or needs it."""
    machine = halves()
    assert SWAPPED == kinds(answer(machine, 10, New("ba")))
    poll(machine, 20, New("bc"))
    assert SWAPPED == kinds(answer(machine, 21, Same()))


def test_who_asks_during_a_fetch_waits_for_the_next() -> None:
    """Also if something is announced before that begins."""
    machine = halves()
    machine.ask(at(10))
    machine.ask(at(10), urgent=True)
    assert [Kind.HALF_CHANGED] == kinds(machine.fetched(at(10), 1, New("ba")))
    machine.ask(at(20))
    assert SWAPPED == kinds(machine.fetched(at(20), 2, Same()))
    assert [Kind.HALF_CHANGED] == kinds(poll(machine, 30, New("bc")))


def test_nobody_waits_for_a_fetch_in_a_batch() -> None:
    machine = halves()
    assert [Fetch(1)] == machine.join_batch(at(10))
    assert [] == machine.join_batch(at(10))
    assert [Kind.HALF_CHANGED] == kinds(machine.fetched(at(10), 1, New("ba")))
    machine.close()
    assert [] == machine.join_batch(at(11))


def test_a_half_change_is_taken_at_once_if_nothing_is_served() -> None:
    machine = refused(halves())
    assert [Kind.RECOVERED, *SWAPPED] == kinds(poll(machine, 20, New("ba")))


def test_a_half_change_of_a_pending_pair_waits_too() -> None:
    """And one that was taken, and is held, does not wait again."""
    machine = halves()
    number = machine.pairs.hold(at(9))
    poll(machine, 10, New("bb"))
    assert [Kind.HALF_CHANGED] == kinds(poll(machine, 12, New("cb")))
    assert [Kind.PENDING] == kinds(poll(machine, 42, Same()))
    assert [] == poll(machine, 44, New("cb"))
    assert SWAPPED == kinds(machine.release(at(45), number))
    assert "cb" == machine.pairs.current


def test_a_pair_that_was_rolled_back_from_and_shares_a_half_does_not_wait() -> None:
    machine = halves()
    answer(machine, 10, New("ba"))
    machine.pairs.roll_back(at(11))
    assert [] == poll(machine, 20, New("ba"))
    assert [Kind.HALF_CHANGED] == kinds(poll(machine, 30, New("bc")))


def test_a_waiting_half_is_an_answer_that_confirms_nothing() -> None:
    machine = halves(poll=10, max_stale=50)
    poll(machine, 10, DENIED)
    for seconds, half in ((20, "ba"), (40, "ca"), (60, "da")):
        assert [Kind.HALF_CHANGED] == kinds(poll(machine, seconds, New(half)))[-1:]
    assert (60.0, None) == (machine.age(60), machine.refusal)
    assert [] == kinds(machine.tick(at(65)))
    machine.fetched(at(65), machine.serial, DENIED)
    assert machine.refusal is None


# back to the previous pair


def test_rolling_back_returns_to_the_previous_pair() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    outputs = machine.pairs.roll_back(at(11))
    assert [Swap("two", "one", Kind.ROLLED_BACK), Tell(Kind.ROLLED_BACK)] == outputs
    assert ("one", None) == (machine.pairs.current, machine.pairs.previous)
    assert [] == machine.pairs.roll_back(at(12))


def test_a_refused_pair_is_not_taken_again_until_another_came() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    machine.pairs.roll_back(at(11))
    for seconds in (12, 13):
        assert [] == answer(machine, seconds, New("two"))
    answer(machine, 14, New("three"))
    assert machine.pairs.current == "three"
    answer(machine, 15, New("two"))
    assert machine.pairs.current == "two"


def test_rolling_back_keeps_a_pending_pair_that_is_newer() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    number = machine.pairs.hold(at(11))
    answer(machine, 11, New("three"))
    machine.pairs.roll_back(at(12))
    machine.release(at(13), number)
    assert machine.pairs.current == "three"


def test_rolling_back_to_what_is_pending_leaves_nothing_pending() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    number = machine.pairs.hold(at(11))
    answer(machine, 11, New("one"))
    machine.pairs.roll_back(at(12))
    assert [] == machine.release(at(13), number)
    assert machine.pairs.pending is None


def test_there_is_nothing_to_roll_back_to_after_the_overlap() -> None:
    machine = make()
    assert [] == machine.pairs.roll_back(at(1))
    answer(machine, 10, New("two"))
    assert [] == machine.pairs.roll_back(at(510))
    assert machine.pairs.current == "two"


# pinned


def test_a_pinned_source_neither_ages_nor_fetches_by_itself() -> None:
    machine = make(is_pinned=True)
    assert float("inf") == machine.next_at
    assert [] == machine.tick(at(1e9))
    assert (State.FRESH, 0.0) == (machine.state(1e9), machine.age(1e9))


def test_a_pinned_source_is_read_when_somebody_asks() -> None:
    machine = make(is_pinned=True)
    assert [] == answer(machine, 10, Same())
    assert float("inf") == machine.next_at


def test_a_pinned_source_that_failed_is_asked_again_until_it_answers() -> None:
    machine = make(is_pinned=True)
    answer(machine, 10, DOWN)
    assert [Fetch(2)] == machine.tick(at(machine.next_at))
    machine.fetched(at(12), 2, Same())
    assert float("inf") == machine.next_at


# the end, and a new beginning


def test_closing_ends_everything() -> None:
    machine = make()
    answer(machine, 10, New("two"))
    number = machine.pairs.hold(at(11))
    answer(machine, 12, New("three"))
    machine.ask(at(13), urgent=True)
    serial = machine.serial
    assert [Tell(Kind.CLOSED)] == machine.close()
    assert [] == machine.close()
    assert [] == machine.tick(at(1e6))
    assert [] == machine.ask(at(1e6), urgent=True)
    assert [] == machine.fetched(at(1e6), serial, New("late"))
    assert [] == machine.release(at(1e6), number)
    assert [] == machine.pairs.swap_now(at(1e6))
    assert [] == machine.pairs.roll_back(at(13))
    machine.start_over(1e6)
    assert (State.CLOSED, float("inf")) == (machine.state(1e6), machine.next_at)
    assert ("two", None, None) == (
        machine.pairs.current,
        machine.pairs.previous,
        machine.pairs.pending,
    )


def test_a_hold_on_a_closed_handle_puts_nothing_out() -> None:
    machine = make()
    machine.close()
    first, second = machine.pairs.hold(at(1)), machine.pairs.hold(at(1))
    assert [[], []] == [machine.release(at(100), number) for number in (first, second)]


def test_a_forked_child_forgets_holds_and_the_fetch_of_its_parent() -> None:
    machine = make()
    machine.pairs.hold(at(9))
    answer(machine, 10, New("two"))
    machine.ask(at(11), urgent=True)
    machine.ask(at(11), urgent=True)
    machine.start_over(12)
    assert [] == machine.fetched(at(12), machine.serial, New("of the parent"))
    outputs = machine.tick(at(12))
    assert [Swap("one", "two", Kind.ROTATED), Tell(Kind.ROTATED), Fetch(3)] == outputs
    machine.fetched(at(12), 3, Same())
    assert 22 == machine.schedule.due_at


def test_a_forked_child_does_not_fetch_a_pinned_source() -> None:
    machine = make(is_pinned=True)
    machine.ask(at(11), urgent=True)
    machine.start_over(12)
    assert [] == machine.tick(at(12))
    assert float("inf") == machine.next_at


def test_nothing_is_undone_that_was_not_done() -> None:
    """Without a roll back there is none to undo, and after close there is nothing at all."""
    machine = make()
    assert [] == machine.pairs.return_to_newest(at(1))
    machine.close()
    assert [] == machine.pairs.return_to_newest(at(2))
