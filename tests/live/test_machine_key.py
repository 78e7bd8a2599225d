"""What the machine of a live handle decides of its key: when to prove it again, and its dates."""

from __future__ import annotations

from typing import Any

import pytest

from binance_creds.live.decide._aging import Aging, Dates
from binance_creds.live.decide._machine import Machine
from binance_creds.live.decide._messages import (
    UNDECIDED,
    Check,
    Kind,
    Moment,
    New,
    Renew,
    Tell,
    Verdict,
)
from binance_creds.live.decide._pairs import Traits
from binance_creds.live.decide._timing import Timing

DAY = 86_400.0
PINNED = Timing(is_pinned=True)  # polls that never come are no part of this


def least(low: float, high: float) -> float:
    return low


def make(*unproven: str, is_asked: bool = True, draw=least, **traits: Any) -> Machine:
    """Return a machine that has the pair "one" at time zero; an exchange has accepted all others."""
    seen = Traits(
        same=lambda a, b: a.split()[0] == b.split()[0],
        renews=lambda old, new: old != new,
        has_proof=lambda pair: pair not in unproven,
        **traits,
    )
    return Machine(PINNED, "one", 0.0, traits=seen, is_asked=is_asked, draw=draw)


def at(seconds: float) -> Moment:
    return Moment(seconds, wall=seconds)


def refused(reason: str, pair: str = "one") -> Verdict:
    return Verdict(pair, code="rejected", error=reason)


def undecided(pair: str = "one", retry_after: float | None = None) -> Verdict:
    return Verdict(pair, code=UNDECIDED, retry_after=retry_after, error="no answer")


def kinds(outputs) -> list[Kind]:
    return [output.kind for output in outputs if isinstance(output, Tell)]


def ask(machine: Machine, seconds: float, verdict: Verdict) -> list[object]:
    """Let a check be due and answered; return what the answer puts out."""
    assert [Check(machine.pairs.current)] == machine.tick(at(max(seconds, machine.next_at)))
    assert machine.next_at == float("inf")
    return machine.checked(at(seconds), verdict)


# proving again


def test_a_pair_is_proven_again_within_a_day_also_of_a_pinned_source() -> None:
    """Again and again; an acceptance is no news."""
    machine = make()
    assert 0.9 * DAY == machine.next_at
    assert [] == machine.tick(at(0.9 * DAY - 1))
    assert [] == ask(machine, 0.9 * DAY, Verdict("one", "one"))
    assert 1.8 * DAY == machine.next_at


def test_without_a_check_nobody_is_asked() -> None:
    """A function of the user's is called with new pairs alone."""
    machine = make("one", is_asked=False)
    assert (float("inf"), None) == (machine.next_at, machine.proving.code)
    assert [] == machine.checked(at(5), Verdict("one", "one"))
    assert [Kind.UNPROVEN] == kinds(machine.checked(at(5), undecided()))
    assert machine.next_at == float("inf")


def test_a_pair_that_is_used_unproven_is_asked_about_soon_and_told_once() -> None:
    """With growing pauses, and as the exchange asks for them."""
    machine = make("one")
    assert (1.0, UNDECIDED) == (machine.next_at, machine.proving.code)
    assert [] == ask(machine, 1, undecided())
    assert 2.0 == machine.next_at
    assert [] == ask(machine, 2, undecided(retry_after=90))
    assert 92.0 == machine.next_at
    assert [Tell(Kind.PROVEN)] == ask(machine, 92, Verdict("one", "one"))
    assert (92 + 0.9 * DAY, None) == (machine.next_at, machine.proving.code)


def test_pauses_end_at_five_minutes_and_a_refused_pair_is_asked_about_once_an_hour() -> None:
    """Its owner must change something at the exchange."""
    machine = make("one", draw=lambda low, high: high)
    for _ in range(9):
        ask(machine, machine.next_at, undecided())
    now = machine.next_at
    ask(machine, now, undecided())
    assert 300 == machine.next_at - now
    now = machine.next_at
    assert [Kind.REFUSED] == kinds(ask(machine, now, refused("a")))
    assert 180 == machine.next_at - now
    for _ in range(9):
        ask(machine, machine.next_at, refused("a"))
    now = machine.next_at
    ask(machine, now, refused("a"))
    assert 3600 == machine.next_at - now


def test_a_refusal_is_told_once_for_each_reason_and_stands_until_it_is_taken_back() -> None:
    """No answer in between takes nothing back; and the pair goes on being served."""
    machine = make()
    told: list[Kind] = []
    for verdict in (refused("a"), refused("a"), undecided(), refused("a"), refused("b")):
        told += kinds(ask(machine, machine.next_at, verdict))
    assert [Kind.REFUSED, Kind.REFUSED] == told
    assert ("rejected", "b", None) == (machine.proving.code, machine.proving.error, machine.refusal)
    assert [Kind.PROVEN] == kinds(ask(machine, machine.next_at, Verdict("one", "one")))
    assert (None, None) == (machine.proving.code, machine.proving.error)


def test_a_daily_check_without_an_answer_is_told_once() -> None:
    """And that it came in the end."""
    machine = make()
    told: list[Kind] = []
    for verdict in (undecided(), undecided(), Verdict("one", "one")):
        told += kinds(ask(machine, machine.next_at, verdict))
    assert [Kind.UNPROVEN, Kind.PROVEN] == told


def test_what_the_exchange_says_is_served_unless_the_pair_has_another_version_by_now() -> None:
    """The next check says it again."""
    machine = make()
    assert [Renew()] == ask(machine, DAY, Verdict("one", "one of the exchange"))
    assert "one of the exchange" == machine.pairs.current
    assert [Check("one of the exchange")] == machine.tick(at(machine.next_at))
    machine.pairs.current = "one of another version"
    assert [] == machine.checked(at(2 * DAY), Verdict("one of the exchange", "one of yesterday"))
    assert "one of another version" == machine.pairs.current


def test_another_pair_has_a_day_of_its_own_and_old_verdicts_are_ignored() -> None:
    """Also if it came by a roll back, of which the machine is not told."""
    machine = make("three")
    assert [Check("one")] == machine.tick(at(DAY))
    machine.ask(at(DAY), urgent=True)
    machine.fetched(at(DAY + 5), machine.serial, New("two"))
    assert [] == machine.checked(at(DAY + 6), refused("too late"))
    assert (None, DAY + 5 + 0.9 * DAY) == (machine.proving.code, machine.next_at)
    machine.pairs.pending = "three"
    machine.pairs.swap_now(at(DAY + 7))
    assert float("-inf") == machine.next_at
    machine.tick(at(DAY + 8))
    assert (UNDECIDED, DAY + 9) == (machine.proving.code, machine.next_at)


def test_a_check_is_lost_in_a_forked_child_and_ignored_after_close() -> None:
    """The thread that asked is the parent's."""
    machine = make()
    machine.tick(at(DAY))
    machine.start_over(DAY)
    assert [Check("one")] == machine.tick(at(DAY))
    machine.close()
    assert [] == machine.checked(at(DAY), refused("a"))


# dates


ROTATE = Dates(created_at=0.0, rotate_by=100 * DAY)
TRADING = Dates(trading_ends_at=100 * DAY)


def told(aging: Aging, dates: Dates, *days: float) -> list[tuple[float, Kind]]:
    """Look whenever it is due between days; return what is told on which day."""
    first, last = days
    found, now = [], max(first * DAY, aging.due_at)
    while now <= last * DAY:
        found += [(now / DAY, one.kind) for one in aging.tick(at(now), dates)]
        now = aging.due_at
    return found


def test_a_key_is_told_at_four_fifths_of_its_time_and_when_it_is_due_each_once() -> None:
    """Not by the poll."""
    aging = Aging(0.0, ROTATE)
    assert [(80, Kind.ROTATE_SOON), (100, Kind.ROTATE_NOW)] == told(aging, ROTATE, 0, 200)
    assert aging.due_at == float("inf")


def test_the_end_of_a_right_to_trade_is_told_a_week_and_a_day_before() -> None:
    """And when it has come."""
    assert [
        (93, Kind.TRADING_ENDS), (99, Kind.TRADING_ENDS), (100, Kind.TRADING_ENDED),
    ] == told(Aging(0.0, TRADING), TRADING, 0, 200)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "last"), [(85, Kind.ROTATE_SOON), (120, Kind.ROTATE_NOW), (10, None)]
)
def test_of_what_is_past_at_the_start_the_last_alone_is_told(day, last) -> None:
    """A second later, for hooks that are added then."""
    aging = Aging(day * DAY, ROTATE)
    assert day * DAY + 1 == aging.due_at
    assert [last] * bool(last) == [one.kind for one in aging.tick(at(day * DAY + 1), ROTATE)]


def test_a_wall_clock_that_is_set_is_noticed_within_an_hour_and_tells_nothing_twice() -> None:
    """As NTP does after a boot."""
    aging = Aging(0.0, ROTATE)
    aging.tick(Moment(1, wall=0), ROTATE)
    assert 3601 == aging.due_at
    assert [Kind.ROTATE_NOW] == kinds(aging.tick(Moment(3601, wall=101 * DAY), ROTATE))
    assert [] == aging.tick(Moment(3602, wall=0), ROTATE)
    assert [] == aging.tick(Moment(3603, wall=101 * DAY), ROTATE)


def test_without_dates_there_is_nothing_to_look_at() -> None:
    """Which most pairs have not."""
    assert float("inf") == Aging(0.0, Dates()).due_at


def test_another_pair_is_looked_at_at_once() -> None:
    """By its own dates; another version of the same pair with the same dates tells nothing."""
    dates = {"one": ROTATE, "one again": ROTATE, "two": Dates(0.0, 81 * DAY)}
    machine = make(is_asked=False, dates=dates.get)
    assert [Kind.ROTATE_SOON] == kinds(machine.tick(at(80 * DAY)))
    for pair, expected in (("one again", []), ("two", [Kind.ROTATED, Kind.ROTATE_SOON])):
        machine.ask(at(80.5 * DAY), urgent=True)
        outputs = machine.fetched(at(80.5 * DAY), machine.serial, New(pair))
        assert expected == kinds(outputs)
