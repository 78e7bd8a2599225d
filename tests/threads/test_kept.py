"""Threads that wait a while for the next call."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar

import pytest
from waiting import PATIENCE

from binance_creds._threads._kept import KeptThreads
from binance_creds._threads._latch import Latch

NUMBER: ContextVar[int] = ContextVar("NUMBER", default=0)


@pytest.fixture
def kept() -> KeptThreads:
    return KeptThreads(keep_seconds=PATIENCE)


def thread_of(kept: KeptThreads, name: str = "x") -> threading.Thread:
    """Run a function; return its thread, which waits by then or will soon."""
    seen: list[threading.Thread] = []
    done = Latch()
    assert kept.run(lambda: (seen.append(threading.current_thread()), done.set()), name)
    assert done.wait(PATIENCE)
    return seen[0]


def test_calls_that_follow_each_other_share_threads(kept) -> None:
    assert len({thread_of(kept) for _ in range(50)}) < 50


def test_a_thread_is_a_daemon_and_has_the_name_of_its_call(kept) -> None:
    names: list[str] = []
    done = Latch()
    for name in "abc":
        thread_of(kept, name)
    kept.run(lambda: (names.append(threading.current_thread().name), done.set()), "d")
    assert done.wait(PATIENCE)
    assert ["binance-creds d"] == names
    assert thread_of(kept).daemon


def test_a_thread_ends_that_has_waited_long_enough() -> None:
    thread = thread_of(KeptThreads(keep_seconds=0))
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_every_call_is_made_while_threads_come_and_go() -> None:
    """They stop waiting at the very moment at which there is more to do."""
    kept, done = KeptThreads(keep_seconds=0), [Latch() for _ in range(500)]
    callers = [
        threading.Thread(target=lambda some=some: [kept.run(one.set, "x") for one in some])
        for some in (done[::2], done[1::2])
    ]
    for caller in callers:
        caller.start()
    assert all(one.wait(PATIENCE) for one in done)


def test_calls_that_wait_for_each_other_run_side_by_side(kept) -> None:
    barrier, done = threading.Barrier(5), [Latch() for _ in range(5)]
    for one in done:
        kept.run(lambda one=one: (barrier.wait(PATIENCE), one.set()), "x")
    assert all(one.wait(PATIENCE) for one in done)


def test_no_call_sees_the_context_of_another(kept) -> None:
    seen: list[int] = []
    for _ in range(10):
        done = Latch()
        kept.run(lambda: (seen.append(NUMBER.get()), NUMBER.set(1), done.set()), "x")  # noqa: B023
        assert done.wait(PATIENCE)
    assert {0} == set(seen)


def test_what_no_thread_could_be_started_for_never_runs(kept, monkeypatch) -> None:
    def refuse(thread) -> None:
        raise RuntimeError("can't start new thread")

    ran = threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert not kept.run(ran.set, "x")
    thread_of(kept)
    assert not ran.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_starts_threads_of_its_own(kept) -> None:
    thread_of(kept)
    child = os.fork()
    if child == 0:  # pragma: no cover  # what is measured is the parent
        os._exit(0 if thread_of(kept).is_alive() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
