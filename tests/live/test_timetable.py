"""Many handles: who is next, and what is read next, is found without a look at all of them."""

from __future__ import annotations

from random import Random

import pytest
from live_support import down, inside
from waiting import wait_for

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.live.run._driver import Timetable
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._fetchers import LARGEST_SHARE, Jobs
from binance_creds.live.run._subject import Subject

pytestmark = pytest.mark.unmeasured

MANY = 1000
SLOW = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", jitter=0)


def test_things_are_due_by_their_last_time_the_earliest_first() -> None:
    """However often it changed; one that was taken has no time until it is set again."""
    table: Timetable[int] = Timetable()
    draw = Random(7)
    times = {}
    for _ in range(20):
        for thing in range(MANY):
            times[thing] = draw.choice([1.0, 2.0, 3.0, draw.random() * 9, float("inf")])
            table.set(thing, times[thing])
    table.remove(0)
    table.remove(0)
    del times[0]
    assert (len(times), min(times.values()), 1 in table, 0 in table) == (
        len(table), table.next_at, True, False,
    )  # fmt: skip
    due = table.due(3.0, MANY)
    assert sorted(one for one, at in times.items() if at <= 3.0) == sorted(due)
    assert [times[one] for one in due] == sorted(times[one] for one in due)
    assert table.due(3.0, MANY) == []
    table.set(due[0], 2.0)
    assert [due[0]] == table.due(3.0, 1)


def test_an_empty_table_has_no_time() -> None:
    """And nothing is due."""
    table: Timetable[int] = Timetable()
    assert (0, float("inf"), []) == (len(table), table.next_at, table.due(1e9, 1))


def test_only_as_many_are_taken_as_are_asked_for() -> None:
    """The others stay due."""
    table: Timetable[int] = Timetable()
    for thing in range(5):
        table.set(thing, float(thing))
    assert ([0, 1], 2.0) == (table.due(9.0, 2), table.next_at)


@pytest.mark.parametrize(("at", "expected"), [(3.0, 3.0), (7.0, 5.0)])
def test_a_time_is_brought_forward_and_not_put_off(at, expected) -> None:
    """Of a thing that is not there nothing is set."""
    table: Timetable[int] = Timetable()
    table.set(1, 5.0)
    table.bring_forward(1, at)
    table.bring_forward(2, at)
    assert ([1], expected) == (list(table), table.next_at)


@pytest.fixture
def many(store):
    """A thousand handles on one store that has no batches."""
    lives = []
    for number in range(MANY):
        store.put(str(number))
        lives.append(load_credentials(f"held:{number}", live=True, refresh=SLOW))
    yield lives
    store.gate.set()
    for live in lives:
        live.close()


@pytest.fixture
def counted(monkeypatch) -> dict[str, int]:
    """Count how often the engine looks at a job, at a time, and at a machine's next time."""
    counts = {"joins": 0, "looks": 0, "ticks": 0}

    def count(name: str, owner: type, method: str) -> None:
        real = getattr(owner, method)

        def call(*args):
            counts[name] += 1
            return real(*args)

        monkeypatch.setattr(owner, method, call)

    from binance_creds.live.decide._machine import Machine

    count("ticks", Machine, "tick")
    count("looks", Machine, "awaits")
    count("looks", Jobs, "_ready_of")
    count("joins", Subject, "may_join")
    return counts


def test_a_thousand_changes_at_once_cost_one_read_each(store, many, counted) -> None:
    """The work grows with their number, and not with its square."""
    first = store.fetches
    for number in range(MANY):
        store.put(str(number))
    ENGINE.ask(inside(live) for live in many)
    wait_for(lambda: all(live.current.version == "2" for live in many))
    assert first + MANY == store.fetches
    assert counted["ticks"] <= MANY
    assert counted["looks"] <= 20 * MANY


def test_a_store_that_is_down_is_asked_without_a_look_at_all_handles(store, clock, counted) -> None:
    """Each comes back after its own pause, and looks for nobody to be read with."""
    store.batch_key = "one account"
    store.put("0")
    policy = RefreshPolicy(poll=30, ttl="2h", max_stale="3h", jitter=0)
    lives = [load_credentials("held:0", live=True, refresh=policy) for _ in range(200)]
    store.error = down()
    for _ in range(30):
        clock.advance(10)
        wait_for(lambda: ENGINE.driver.looks_at > clock())
        wait_for(lambda: not any(inside(live).machine.is_fetching for live in lives))
    tries = sum(live.status().failures for live in lives)
    assert tries >= 5 * len(lives)
    assert counted["joins"] <= 4 * tries
    for live in lives:
        live.close()


def test_what_waits_for_its_turn_is_not_lost(store, many, clock) -> None:
    """A deadline counts from the moment a read begins: one slow store fails nobody in the queue."""
    store.hang()
    clock.advance(60.0)  # the first load is long ago: nothing spaces the next read from it
    ENGINE.ask(inside(live) for live in many)
    wait_for(lambda: store.inside == LARGEST_SHARE)
    clock.advance(2000.0)
    wait_for(lambda: sum(live.status().failures > 0 for live in many) == LARGEST_SHARE)
    failed = [live for live in many if live.status().failures]
    store.gate.set()
    wait_for(lambda: not any(inside(live).machine.is_fetching for live in many))
    assert not any(live.status().failures for live in many if live not in failed)
