"""The engine's thread: what is posted is done whole, in order, and by it alone."""

from __future__ import annotations

import threading

import pytest
from live_support import threads
from waiting import PATIENCE, wait_for

from binance_creds import RefreshPolicy, SourceURI
from binance_creds._plan import Plan
from binance_creds.errors import ProviderUnavailableError
from binance_creds.live.run import _loop
from binance_creds.live.run._engine import ENGINE, Engine
from binance_creds.live.run._locks import LOCK
from binance_creds.live.run._loop import Loop
from binance_creds.live.run._refreshes import Refreshes
from binance_creds.live.run._subject import Subject


@pytest.fixture
def loop():
    """A loop that rests until it is rung, and ends when it is told to."""
    is_over = threading.Event()
    made = Loop(lambda: None if is_over.is_set() else PATIENCE)
    made.is_over = is_over
    yield made
    is_over.set()
    made.ring()
    wait_for(lambda: not threads("binance-creds live"))


@pytest.fixture
def subject(store):
    """One that no engine runs."""
    plan = Plan((SourceURI.parse("held:a"),))
    return Subject(plan, RefreshPolicy(), None, clock=ENGINE.times.seconds)


@pytest.fixture
def no_thread(monkeypatch) -> None:
    def refuse(thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_calls_run_in_order_in_one_thread(loop) -> None:
    """Whoever waits for one has seen those before it."""
    seen, names = [], set()
    for number in range(100):
        loop.post(lambda number=number: seen.append(number))
    loop.run(lambda: names.add(threading.current_thread().name))
    assert (list(range(100)), {"binance-creds live"}) == (seen, names)
    assert loop.is_idle


def test_a_call_of_the_thread_itself_comes_later(loop) -> None:
    """It never waits for itself."""
    seen, done = [], threading.Event()

    def outer() -> None:
        loop.run(lambda: (seen.append("inner"), done.set()))
        seen.append("outer")

    loop.run(outer)
    assert done.wait(PATIENCE)
    assert ["outer", "inner"] == seen


def test_without_a_thread_a_call_runs_where_it_is_made(loop, no_thread) -> None:
    """And one that nobody would hear of is not kept."""
    seen: list[str] = []
    assert not loop.submit(lambda: seen.append("submitted"))
    loop.run(lambda: seen.append(threading.current_thread().name))
    assert (["MainThread"], True) == (seen, loop.is_idle)


def test_what_is_posted_while_it_ends_is_still_called(loop) -> None:
    """The thread goes on for it."""
    seen: list[int] = []
    loop.is_over.set()

    def last_turn() -> None:
        if not seen:
            loop.post(lambda: seen.append(1))

    turn = loop._turn
    loop._turn = lambda: (last_turn(), turn())[1]
    with LOCK:
        loop.start()
    wait_for(lambda: seen == [1] and not threads("binance-creds live"))


def test_a_defect_is_reported_and_ends_nothing(loop, monkeypatch) -> None:
    """Of a call or of a turn: without turns, what has expired would be served for ever."""
    failed, turns, turn = [], [], loop._turn
    monkeypatch.setattr(threading, "excepthook", lambda args: failed.append(args.exc_type))
    monkeypatch.setattr(_loop, "DEFECT_SECONDS", 0.0)
    loop._turn = lambda: turns.append(1) or (turn() if len(turns) > 3 else 1 / 0)
    loop.run(lambda: {}["no"])
    wait_for(lambda: len(failed) == 4)
    assert [KeyError, *[ZeroDivisionError] * 3] == failed
    loop.run(lambda: failed.append(None))
    assert None is failed[-1]
    assert 1 == len(threads("binance-creds live"))


def test_a_refresh_for_which_there_is_no_thread_is_refused(subject, no_thread) -> None:
    """Nobody would begin it."""
    with pytest.raises(ProviderUnavailableError, match="no thread could be started"):
        Engine().refreshes.wait(subject, PATIENCE)
    assert not subject.waiters


def test_a_refresh_of_what_is_closed_meanwhile_ends(subject) -> None:
    """Between the question and the moment at which the engine hears it."""

    class Late:
        def submit(self, call) -> bool:
            subject.machine.close()
            call()
            return True

    Refreshes(Late(), ENGINE.driver).wait(subject, PATIENCE)
    assert not subject.waiters
