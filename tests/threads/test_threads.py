"""One way to start a thread, to wait for something, and to begin in a forked child."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading

import pytest
from support import child, plain_environ
from waiting import PATIENCE

from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._threads._daemons import acalled, called_side_by_side
from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._kept import KeptThreads
from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import spawn
from binance_creds.errors import ProviderUnavailableError
from binance_creds.providers import Deadline

AMPLE = 30.0
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


class Interrupted(BaseException):
    """What a signal handler raises."""


@pytest.fixture
def no_thread(monkeypatch) -> None:
    def refuse(thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_a_thread_is_a_daemon_with_a_name() -> None:
    """So that neither the exit waits for it nor its user wonders whose it is."""
    seen: list[threading.Thread] = []
    done = Latch()
    assert spawn(lambda: (seen.append(threading.current_thread()), done.set()), "x")
    assert done.wait(AMPLE)
    assert [("binance-creds x", True)] == [(one.name, one.daemon) for one in seen]


def test_where_there_is_no_thread_it_says_so(no_thread) -> None:
    """And whoever cannot go on without one raises what may pass; several calls are done by one."""
    assert not spawn(lambda: None, "x")
    with pytest.raises(ProviderUnavailableError, match="no thread could be started"):
        BoundedCalls().run("k", lambda: 1, Deadline(AMPLE))
    with pytest.raises(ProviderUnavailableError, match="no thread could be started"):
        asyncio.run(acalled(lambda: 1))
    assert [0, 2, 4] == called_side_by_side(lambda n: n * 2, range(3), most_threads=3)


@pytest.mark.parametrize("start_thread", [spawn, KeptThreads(keep_seconds=0).run])
@pytest.mark.parametrize("begins_first", [True, False])
def test_an_interrupted_start_has_begun_its_work_or_never_does(
    monkeypatch, start_thread, begins_first
) -> None:
    """A signal handler may raise while a thread starts."""
    start, late = threading.Thread.start, []
    begun = threading.Event()

    def interrupted(thread) -> None:
        if begins_first:
            start(thread)
            assert begun.wait(AMPLE)
        else:
            late.append(thread)
        raise Interrupted

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(Interrupted):
        start_thread(begun.set, "x")
    for thread in late:
        start(thread)
        thread.join(AMPLE)
    assert begun.is_set() is begins_first


def test_a_latch_wakes_whoever_waits_and_whoever_comes_later() -> None:
    """Threads and tasks; it does not matter how often it is set."""
    latch, woken = Latch(), []
    latch.call(lambda: woken.append("call"))

    async def main() -> list[bool]:
        waiting = [asyncio.create_task(latch.wait_async(AMPLE)) for _ in range(3)]
        await asyncio.sleep(0)
        spawn(latch.set, "x")
        return await asyncio.gather(*waiting, latch.wait_async(AMPLE))

    assert [True] * 4 == asyncio.run(main())
    latch.set()
    latch.call(lambda: woken.append("late"))
    assert latch.wait(0.0)
    assert ["call", "late"] == woken


def test_a_latch_that_nobody_sets_is_waited_for_as_long_as_asked() -> None:
    """And keeps nothing of those who gave up, nor of a loop that is closed."""
    latch = Latch()
    assert not latch.wait(0.0)
    assert not latch.wait(-1.0)
    assert not asyncio.run(latch.wait_async(0.001))
    assert latch.callbacks == []

    async def leave() -> None:
        task = asyncio.create_task(latch.wait_async(AMPLE))
        await asyncio.sleep(0)
        kept.extend(latch.callbacks)
        task.cancel()

    kept: list = []
    asyncio.run(leave())
    for wake in kept:
        wake()


INTERRUPTED = """
import random, signal, threading, time
from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds.errors import ProviderUnavailableError
from binance_creds.providers import Deadline

class Interrupted(BaseException): ...
calls, answers, interrupts, is_armed = BoundedCalls(), [], 0, False

def interrupt(*_):
    if is_armed:
        raise Interrupted

def ask():
    while not answers:
        try:
            answers.append(calls.run("k", lambda: 1, Deadline(30)))
        except ProviderUnavailableError:  # the last that was interrupted has not ended yet
            time.sleep(0.001)

signal.signal(signal.SIGALRM, interrupt)
while interrupts < 200:
    try:
        is_armed = True
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00002, 0.0003))
        for _ in range(20):  # an interrupt in a callback of collection is swallowed
            try:
                calls.run("k", lambda: 1, Deadline(30))
            except ProviderUnavailableError:  # one that was interrupted is still at work
                pass
    except Interrupted:
        interrupts += 1
    is_armed = False
    signal.setitimer(signal.ITIMER_REAL, 0)
other = threading.Thread(target=ask, daemon=True)
other.start()
other.join(60)
assert answers == [1]
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such timer here")
@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="its `with` raises between the lock and the block"
)
def test_interrupts_at_any_moment_leave_no_call_that_nobody_ends() -> None:
    """Neither a key that stays taken, nor a lock. Not measured: coverage has this fault."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=300,
        check=False, env=plain_environ(),
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr


class Part:
    def __init__(self) -> None:
        self.is_clean = False

    def start_clean(self) -> None:
        self.is_clean = True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_calls_what_is_still_there() -> None:
    """What was collected is forgotten: nothing grows with what comes and goes."""
    from binance_creds._threads import _fork

    kept, gone = Part(), Part()
    call_after_fork(kept, Part.start_clean)
    gc.collect()  # what earlier tests left behind
    count = len(_fork.METHODS)
    call_after_fork(gone, Part.start_clean)
    del gone
    gc.collect()
    assert count == len(_fork.METHODS)
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process
        os._exit(0 if kept.is_clean else 1)
    assert (0, False) == (os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), kept.is_clean)


FORKED_DURING_AN_IMPORT = """
import faulthandler, os, sys, threading
from binance_creds._threads._spawn import spawn

main, is_at_it, has_forked = threading.get_ident(), threading.Event(), threading.Event()
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "colorsys":
            is_at_it.set()
            while not (at_fork() or has_forked.wait(0.001)):
                pass
def at_fork():
    return sys._current_frames()[main].f_code.co_name == "_before"
def work():
    import colorsys
sys.meta_path.insert(0, Finder)
spawn(work, "x")
is_at_it.wait()
child = os.fork()
has_forked.set()
if child == 0:
    faulthandler.dump_traceback_later({patience}, exit=True)
    import colorsys
    os._exit(0 if colorsys.hsv_to_rgb(0, 0, 0) == (0, 0, 0) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@forks
def test_a_child_that_is_forked_during_an_import_of_ours_does_not_wait_for_it() -> None:
    """Its lock would be that of a thread which is not there: an SDK takes a second to import."""
    with child(FORKED_DURING_AN_IMPORT.format(patience=PATIENCE)) as process:
        _, said = process.communicate(timeout=2 * PATIENCE)
    assert (0, "") == (process.returncode, said)


FORKED_AS_A_SIGNAL_COMES = """
import os, signal
from functools import partial
from binance_creds.live.run._locks import is_inside

class Interrupted(BaseException): ...
def interrupt(*_):
    raise Interrupted
signal.signal(signal.SIGALRM, interrupt)
os.register_at_fork(before=partial(sum, range(2_000_000)))  # handles no signal meanwhile
parent = os.getpid()
for _ in range(20):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.003)
        os.fork()
    except Interrupted:
        pass
    if os.getpid() != parent:
        os._exit(0)
    assert not is_inside()
"""


@forks
def test_a_signal_handler_that_raises_after_a_fork_leaves_no_lock_taken() -> None:
    """As that of Ctrl-C does."""
    with child(FORKED_AS_A_SIGNAL_COMES) as process:
        _, said = process.communicate(timeout=2 * PATIENCE)
    assert 0 == process.returncode, said
