"""Fork, spawn, exit, collection, a thousand handles, sleep, and hanging stores."""

from __future__ import annotations

import copy
import functools
import gc
import os
import pickle
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import live_support
import pytest
from live_support import Told, answers_of, descriptors, down, inside, pair, settle_threads, threads
from support import caught, child, token, write_dotenv
from waiting import PATIENCE, timed, wait_for

from binance_creds import LiveCredentials, RefreshPolicy, load_credentials
from binance_creds.errors import CredentialsExpiredError, ProviderUnavailableError
from binance_creds.live import Kind, State
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._fetchers import LARGEST_SHARE
from binance_creds.live.run._locks import FILES, LISTENERS, LOCK
from binance_creds.providers import memory
from binance_creds.testing import assert_no_leak

SLOW = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", jitter=0)
STEADY = RefreshPolicy(ttl=60, poll=30, max_stale=120, jitter=0)

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
quiet = pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")


def in_child(check) -> int:
    """Fork; return the exit code of a child that runs a check, at most for some seconds."""
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process: its coverage is not collected
        import faulthandler

        code = 1
        try:
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            check()
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# fork


@forks
@quiet
def test_a_child_goes_on_when_it_reads(store, tmp_path) -> None:
    """No thread before; afterwards its own; and the parent notices nothing."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        first = live.current

        def check() -> None:
            assert [] == threads()
            assert 1 == threading.active_count()
            assert first is live.current
            wait_for(lambda: len(threads("binance-creds live")) == 1)
            store.put("a")
            assert first is not live.refresh()
            live.close()
            wait_for(lambda: not threads())

        assert 0 == in_child(check)
        assert first is live.current
        assert first is live.refresh()


@forks
@quiet
@pytest.mark.parametrize("use", ["refresh", "hold", "report_rejection"])
def test_a_child_may_begin_with_anything(store, use) -> None:
    """Reading is not the only way to go on; no lock of the parent's threads is in the way."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        first = live.current

        def check() -> None:
            if use == "refresh":
                assert first is live.refresh()
            elif use == "hold":
                with live.hold() as held:
                    assert first is held
            else:
                assert "re" in live.report_rejection(-2015, used=first).reason
            assert first is live.current

        with answers_of(live).lock:  # as if a thread were answering a rejection
            assert 0 == in_child(check)


@forks
@quiet
def test_a_child_runs_only_what_it_uses(store) -> None:
    """Its siblings would double the load of the store."""
    store.put("b")
    one = load_credentials("held:a", live=True, refresh=SLOW)
    other = load_credentials("held:b", live=True, refresh=SLOW)

    def check() -> None:
        before = store.fetches
        one.refresh()
        wait_for(lambda: not inside(one).machine.is_fetching)
        assert [inside(one)] == list(ENGINE.driver.subjects)
        assert before + 2 >= store.fetches
        other.close()
        assert other.current

    assert 1 == in_child(check)  # a closed handle stays closed
    assert 0 == in_child(lambda: other.current)
    one.close()
    other.close()


@forks
@quiet
def test_a_child_does_not_serve_what_has_expired(store, clock) -> None:
    """Before the source has answered it."""
    told = Told()
    policy = RefreshPolicy(ttl=5, poll=5, max_stale=10, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        live.on_event(told)
        store.hang()
        clock.advance(20)
        assert store.entered.wait(PATIENCE)
        clock.advance(5)
        told.wait_kind(Kind.EXPIRED)

        def check() -> None:
            with pytest.raises(CredentialsExpiredError):
                live.current
            store.gate.set()
            wait_for(lambda: inside(live).current is not None)
            assert live.current

        assert 0 == in_child(check)
        store.gate.set()


@forks
@quiet
def test_a_fork_during_a_fetch_strands_neither_side(store) -> None:
    """The child asks again; the parent's fetch ends as it would have."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live, ThreadPoolExecutor(1) as pool:
        first = live.current
        store.hang()
        waiting = pool.submit(live.refresh)
        assert store.entered.wait(PATIENCE)

        def check() -> None:
            store.gate = threading.Event()
            store.gate.set()
            assert first is live.current
            assert not inside(live).waiters
            assert first is live.refresh()

        assert 0 == in_child(check)
        store.gate.set()
        assert first is waiting.result(PATIENCE)


@forks
@quiet
@pytest.mark.parametrize("times", [50, pytest.param(500, marks=pytest.mark.product)])
def test_no_fork_finds_the_engine_half_way(store, times) -> None:
    """Many forks while other threads are inside it: no child waits for ever."""
    over = threading.Event()
    live = load_credentials("held:a", live=True, refresh=SLOW)
    live.on_event(lambda event: None)

    def drive() -> None:
        while not over.is_set():
            with live.hold():
                store.put("a")
                live.refresh()
            live.status()

    drivers = [threading.Thread(target=drive) for _ in range(2)]
    for driver in drivers:
        driver.start()

    def check() -> None:
        assert live.current
        with live.hold():
            pass

    codes = [in_child(check) for _ in range(times)]
    over.set()
    for driver in drivers:
        driver.join()
    assert [0] * times == codes
    live.close()


@forks
@quiet
def test_a_child_watches_its_files_anew(tmp_path) -> None:
    """And gives the parent's descriptors back; the parent goes on with its own."""
    path = tmp_path / "pair.env"

    def put() -> str:
        key = token()
        new = tmp_path / "new"
        new.touch(0o600)
        new.write_text(f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={token()}\n")
        os.replace(new, path)
        return key

    put()
    with load_credentials(f"dotenv:{path}", live=True, refresh=SLOW) as live:
        wait_for(lambda: threads("binance-creds files"))
        with_watch = descriptors()

        def check() -> None:
            assert descriptors() < with_watch  # what measures coverage may open one of its own
            assert live.current
            assert ("files", "poll") == live.status().change_sources
            key = put()
            wait_for(lambda: live.current.api_key.reveal() == key)

        assert 0 == in_child(check)
        key = put()
        wait_for(lambda: live.current.api_key.reveal() == key)


@pytest.mark.parametrize("source", ["held:a", "held:a?version=1"])
def test_what_a_child_begins_with(store, source) -> None:
    """The same steps within one process, where they can be measured."""
    told = Told()
    live = load_credentials(source, live=True, refresh=SLOW, on_rotation=told)
    wake_parent, first = ENGINE.loop.bell.ring, live.current
    ENGINE.start_over()
    wake_parent()  # its thread sees that it is not the engine's
    wait_for(lambda: not threads("binance-creds live"))
    assert [] == list(ENGINE.driver.subjects)
    assert inside(live).current is None
    assert first is live.current
    assert [inside(live)] == list(ENGINE.driver.subjects)
    assert not ENGINE.resume(inside(live))
    store.put("a")
    assert first is not live.refresh()
    told.wait()
    live.close()


def test_a_reader_that_another_thread_was_quicker_than_is_served(store) -> None:
    """Between its two looks the handle was served again."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        assert live.current is live._refused()


# other processes


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_handle_is_not_copied(store, way) -> None:
    """The message says what to do instead."""
    with load_credentials("held:a", live=True) as live:
        error = caught(way, live)
        assert isinstance(error, TypeError)
        assert "pass the source or the profile's name, and load them in the other one" in str(error)
        assert_no_leak(store.secrets["a"][1]["api_secret"], error)


def test_a_handle_is_not_given_to_a_spawned_process(store) -> None:
    """Refused before the process begins."""
    import multiprocessing

    with load_credentials("held:a", live=True) as live:
        process = multiprocessing.get_context("spawn").Process(target=print, args=(live,))
        with pytest.raises(TypeError, match="load them in the other one"):
            process.start()


EXIT = """
import asyncio, importlib.metadata, sys, threading, time
sys.path.insert(0, {tests!r})
from live_support import Store
from support import token
from binance_creds import LiveCredentials, RefreshPolicy, load_credentials
store = Store(); store.put("a")
real = importlib.metadata.entry_points
importlib.metadata.entry_points = lambda **w: (
    [store] if w == {{"group": "binance_creds.providers"}} else real(**w))
path = {path!r}
open(path, "w").write(f"BINANCE_API_KEY={{token()}}\\nBINANCE_API_SECRET={{token()}}\\n")
live = load_credentials("held:a", live=True)
files = load_credentials(f"dotenv:{{path}}", live=True)
hooked = threading.Event()
def hook(rotation):
    hooked.set()
    time.sleep(60)
live.on_rotation(hook)
async def later(rotation):
    await asyncio.sleep(60)
live.on_rotation(later)
store.put("a")
live.refresh()
assert hooked.wait(10)
store.hang()
threading.Thread(target=live.refresh, daemon=True).start()
assert store.entered.wait(10)
{end}
print("the end", flush=True)
"""


@pytest.mark.parametrize("end", ["", "del live, files", "sys.exit(0)"])
def test_the_interpreter_exits_within_a_second(tmp_path, end) -> None:
    """With watchers, hooks and a hanging fetch alive; and says nothing."""
    path = tmp_path / ".env"
    path.touch(0o600)
    end = 'print("the end", flush=True); sys.exit(0)' if "exit" in end else end
    code = EXIT.format(tests=str(Path(__file__).parents[1]), path=str(path), end=end)
    seconds = []
    while not seconds or (min(seconds) >= 1.0 and len(seconds) < 3):  # other programs take turns
        with child(code) as process:
            process.stdout.readline()
            with timed() as took:
                _, said = process.communicate(timeout=PATIENCE)
        assert (0, "") == (process.returncode, said)
        seconds.append(took.fair)
    assert min(seconds) < 1.0


@pytest.mark.parametrize("batch_key", [None, "account"])
def test_a_start_builds_the_provider_of_a_source_once(store, batch_key) -> None:
    """What it asks besides the pair, it asks of the one that has read."""
    store.batch_key = batch_key
    with load_credentials("held:a", live=True, refresh=SLOW):
        assert 1 == store.opened == store.still_open
    wait_for(lambda: store.still_open == 0)


# collection


def test_a_dropped_handle_is_collected(store) -> None:
    """Its subject leaves the engine, and its threads end."""
    live = load_credentials("held:a", live=True)
    gone = weakref.ref(live)
    del live
    assert gone() is None
    wait_for(lambda: not ENGINE.driver.subjects)
    wait_for(lambda: not threads("binance-creds live"))
    wait_for(lambda: store.still_open == 0)


def test_a_handle_whose_hooks_know_it_is_collected(store) -> None:
    """A cycle is no reason to live on."""
    live = load_credentials("held:a", live=True)
    live.on_rotation(functools.partial(LiveCredentials.refresh, live))
    live.on_event(live.on_rotation)
    gone = weakref.ref(live)
    del live
    gc.collect()
    assert gone() is None
    wait_for(lambda: not ENGINE.driver.subjects)


def test_a_handle_whose_verifier_knows_it_is_collected(store) -> None:
    """Such as a method of the bot that has the handle."""

    class Trader:
        def __init__(self) -> None:
            self.live = load_credentials("held:a", live=True, verify=self.check)

        def check(self, credentials) -> None: ...

    trader = Trader()
    gone = weakref.ref(trader.live)
    del trader
    gc.collect()
    assert gone() is None
    wait_for(lambda: not ENGINE.driver.subjects)


def test_collection_within_the_engine_waits_for_nothing(store) -> None:
    """It may come at any allocation, also under the engine's lock."""
    live = load_credentials("held:a", live=True)
    with LOCK:
        del live
        assert not ENGINE.loop.is_idle
    other = load_credentials("held:a", live=True)
    wait_for(lambda: len(ENGINE.driver.subjects) == 1)
    other.close()


class Bot:
    """Such as many write it: it is a cycle, and closes when it is collected."""

    def __init__(self, told: Told, *, closes: bool) -> None:
        self.live = load_credentials("held:a", live=True)
        self.remove = self.live.on_rotation(told)
        self.myself = self
        self.held = self.hold()
        next(self.held)
        self.closes = closes

    def hold(self):
        with self.live.hold():
            yield self

    def __del__(self) -> None:
        self.remove()
        if self.closes:
            self.live.close()


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("lock", [LOCK, FILES, LISTENERS], ids=["engine", "files", "listeners"])
def test_what_ends_when_it_is_collected_waits_for_nothing(store, lock, closes) -> None:
    """Collection runs it under any lock that its thread happens to hold."""
    told, after = Told(), Told()
    bot = Bot(told, closes=closes)
    live = bot.live
    live.on_rotation(after)
    with lock:
        del bot
        gc.collect()
        assert closes is (inside(live).current is None)
    if closes:
        wait_for(lambda: not ENGINE.driver.subjects)
        wait_for(lambda: store.still_open == 0)
    else:
        wait_for(lambda: not inside(live).machine.pairs.holds)
        store.put("a")
        live.refresh()
        after.wait()
        assert not told.values
    live.close()


def test_a_provider_that_cannot_be_closed_stops_nobody(store, monkeypatch) -> None:
    """The engine's thread closes what belongs to a dropped handle."""

    def close(self) -> None:
        raise OSError

    monkeypatch.setattr(live_support.Held, "close", close)
    with load_credentials("held:a", live=True, refresh=RefreshPolicy(poll=0.02)) as other:
        live = load_credentials("held:a", live=True)
        del live
        wait_for(lambda: len(ENGINE.driver.subjects) == 1)
        store.put("a")
        first = other.current
        wait_for(lambda: other.current is not first)


def test_a_handle_that_is_dropped_while_it_is_told_is_collected(store) -> None:
    """A rotation without anybody to tell."""
    live = load_credentials("held:a", live=True)
    live.on_event(print)
    subject = inside(live)
    store.hang()
    ENGINE.run(subject, lambda moment: subject.machine.ask(moment, urgent=True))
    assert store.entered.wait(PATIENCE)
    with LOCK:
        del live
        assert subject.hooks() is None
    store.put("a")
    store.gate.set()
    wait_for(lambda: store.still_open == 0)


def test_a_rotation_that_nobody_sees_harms_nothing(store) -> None:
    """The handle is gone, and its subject is not yet."""
    from binance_creds._plan import Plan
    from binance_creds._uri import SourceURI
    from binance_creds.live.run._subject import Subject

    plan = Plan((SourceURI.parse("held:a"),))
    subject = Subject(plan, SLOW, None, clock=ENGINE.times.seconds)
    ENGINE.add(subject)
    fields = store.put("a")
    ENGINE.refreshes.wait(subject, PATIENCE)
    assert fields["api_key"] == subject.current.api_key.reveal()
    subject.call_after_fork(Told().wait)  # of an object that is gone
    subject.start_over(ENGINE.times.seconds())
    assert ENGINE.resume(subject)
    store.error = down()
    caught(ENGINE.refreshes.wait, subject, PATIENCE)
    ENGINE.remove(subject)


# a thousand


def test_a_thousand_handles_cost_one_thread_and_few_requests(store, clock) -> None:
    """Batches where the store has them; and little work beside."""
    store.batch_key = "one account"
    lives = []
    for number in range(1000):
        store.put(str(number))
        lives.append(load_credentials(f"held:{number}", live=True, refresh=STEADY))
    wait_for(lambda: len(threads("binance-creds live")) == 1)
    before = time.process_time()
    clock.advance(30)
    wait_for(lambda: sum(store.batches) == 1000)
    wait_for(lambda: not any(inside(live).machine.is_fetching for live in lives))
    assert time.process_time() - before < 10
    assert len(store.batches) <= 4
    wait_for(lambda: len(threads("binance-creds live")) == 1)
    for live in lives:
        live.close()


def test_a_store_that_hangs_leaves_threads_to_the_others(store, clock) -> None:
    """Some threads at once, which end with their work; another store is read meanwhile."""
    lives = []
    for number in range(300):
        store.put(str(number))
        lives.append(load_credentials(f"held:{number}", live=True, refresh=STEADY))
    store.hang()
    clock.advance(30)
    wait_for(lambda: store.inside == LARGEST_SHARE)
    memory.register("beside", pair())
    with load_credentials("memory:beside", live=True) as other:
        fields = pair()
        memory.register("beside", fields)
        assert fields["api_key"] == other.refresh().api_key.reveal()
    memory.unregister("beside")
    wait_for(lambda: len(threads("binance-creds fetch")) == LARGEST_SHARE)
    store.gate.set()
    wait_for(lambda: store.fetches == 600)
    wait_for(lambda: not threads("binance-creds fetch"))
    assert LARGEST_SHARE == store.most_inside
    for live in lives:
        live.close()


# clocks and hanging


def test_a_machine_that_slept_for_hours_notices(store, clock) -> None:
    """It asks first; if no answer comes soon it is expired, and current again with the answer."""
    told = Told()
    with load_credentials("held:a", live=True) as live:
        live.on_event(told)
        store.hang()
        clock.advance(2 * 3600)
        assert store.entered.wait(PATIENCE)
        assert live.current
        clock.advance(5)
        told.wait_kind(Kind.EXPIRED)
        assert [Kind.EXPIRED] == told.kinds  # the look that is under way may still answer
        with pytest.raises(CredentialsExpiredError):
            live.current
        store.gate.set()
        told.wait_kind(Kind.RECOVERED)
        assert live.current


def test_a_wall_clock_that_jumps_changes_nothing(store, clock) -> None:
    """A day ahead, a day back: no fetch, no event, no other age."""
    told = Told()
    with load_credentials("held:a", live=True, refresh=STEADY) as live:
        live.on_event(told)
        now = clock.wall()
        for jump in (86_400, -86_400):
            clock.set_wall(now + jump)
            clock.look()
            inside(live).machine.next_at
            assert State.FRESH is live.status().state
            assert 0.0 == live.status().age_seconds
            assert 30.0 == live.status().next_check_seconds
        assert 1 == store.fetches
        clock.advance(30)
        wait_for(lambda: store.fetches == 2)
        assert [] == told.values


def test_a_store_that_hangs_a_hundred_times_keeps_one_thread(store, clock) -> None:
    """Each try is given up in time; a provider is used by one thread at a time."""
    policy = RefreshPolicy(ttl="20h", poll=30, max_stale="30h", jitter=0)
    live = load_credentials("held:a", live=True, refresh=policy)
    machine = inside(live).machine
    store.hang()
    for count in range(1, 101):
        clock.advance(61)
        wait_for(lambda: machine.is_fetching and inside(live).is_reading)
        clock.advance(36)
        wait_for(lambda count=count: machine.failures == count)
    assert "unavailable" == live.status().error
    assert 1 == store.inside
    assert 1 == len(threads("binance-creds fetch"))
    assert live.current
    fields = store.put("a")
    store.gate.set()
    clock.advance(61)
    wait_for(lambda: live.current.api_key.reveal() == fields["api_key"])
    assert 1 == store.most_inside
    live.close()
    settle_threads()


def test_a_handle_that_closes_while_a_lost_fetch_hangs_closes_its_provider_after_it(
    store, clock
) -> None:
    """Never under the thread that is inside."""
    live = load_credentials("held:a", live=True, refresh=SLOW)
    store.hang()
    ENGINE.run(inside(live), lambda moment: inside(live).machine.ask(moment, urgent=True))
    assert store.entered.wait(PATIENCE)
    clock.advance(36)
    wait_for(lambda: live.status().failures == 1)
    live.close()
    assert 1 == store.still_open
    store.gate.set()
    wait_for(lambda: store.still_open == 0)
    settle_threads()


def test_a_hundred_tries_of_callers_end_in_time(store) -> None:
    """Each with a typed error; they share the one fetch that hangs."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        store.hang()
        for _ in range(100):
            with pytest.raises(ProviderUnavailableError, match="time was up"):
                live.refresh(timeout_seconds=0.001)
        assert 1 == len(threads("binance-creds fetch"))
        assert not inside(live).waiters
        store.gate.set()


def test_a_readers_p99_is_short_while_the_store_hangs(store) -> None:
    """A millisecond at most, measured over many reads and signatures."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live, ThreadPoolExecutor(1) as pool:
        store.hang()
        waiting = pool.submit(live.refresh)
        assert store.entered.wait(PATIENCE)
        times = []
        for _ in range(20_000):
            began = time.thread_time()
            live.current
            times.append(time.thread_time() - began)
        times.sort()
        store.gate.set()
        waiting.result(PATIENCE)
    assert times[int(len(times) * 0.99)] < 0.001


WITHOUT_DESCRIPTORS = """
import os, resource, sys, threading
from contextlib import suppress
from binance_creds import load_credentials
from binance_creds.errors import CredentialsExpiredError
from binance_creds.live.run._engine import ENGINE

live = load_credentials("dotenv:" + sys.argv[1], live=True)
told, real, later = threading.Event(), ENGINE.times.seconds, 0.0
ENGINE.times.seconds = lambda: real() + later
live.on_rotation(lambda _: told.set())
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), limits[1]))
for later in (1800.0, 4000.0):  # stale, expired
    ENGINE.ring()
    while ENGINE.driver.subjects.next_at <= ENGINE.times.seconds():
        told.wait(0.001)
with suppress(CredentialsExpiredError):
    while live.current:  # until what is due has been done
        told.wait(0.001)
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
assert live.refresh() is live.current
print(live.status().state.value)
"""


ROTATED_WITHOUT_DESCRIPTORS = """
import os, resource, threading
from binance_creds import load_credentials
from binance_creds.providers import memory

memory.register("m", {"api_key": "k" * 61 + "9aB", "api_secret": "s" * 61 + "7cD"})
live, told = load_credentials("memory:m", live=True), threading.Event()
live.on_rotation(lambda _: told.set())
memory.register("m", {"api_key": "K" * 61 + "9aB", "api_secret": "S" * 61 + "7cD"})
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), limits[1]))
live.refresh()
print(told.wait(30))
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here")
def test_a_hook_is_told_also_where_no_descriptor_is_left() -> None:
    """A connection that does not hear of a rotation would stay with the old key."""
    with child(ROTATED_WITHOUT_DESCRIPTORS) as process:
        said, errors = process.communicate(timeout=2 * PATIENCE)
    assert (0, "True\n") == (process.returncode, said), errors


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here")
def test_a_process_without_a_descriptor_does_not_serve_what_has_expired(tmp_path) -> None:
    """Not even what an event needs can be imported then; all goes on once there is one."""
    path = tmp_path / ".env"
    write_dotenv(path, pair())
    with child(WITHOUT_DESCRIPTORS.replace("sys.argv[1]", repr(str(path)))) as process:
        said, errors = process.communicate(timeout=PATIENCE)
    assert (0, "fresh\n") == (process.returncode, said), errors


def test_no_thread_to_be_had_is_no_end(store, monkeypatch) -> None:
    """A fetch that could not begin is overdue later; an engine that could not begin tries again."""
    live = load_credentials("held:a", live=True, refresh=SLOW)

    def refuse(self) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(ProviderUnavailableError, match="no thread|time was up"):
            live.refresh(timeout_seconds=0.01)
        assert 0 == ENGINE.fetchers.size
    assert live.current is live.refresh()
    live.close()
    wait_for(lambda: not threads("binance-creds live"))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(ProviderUnavailableError, match="no thread could be started"):
            load_credentials("held:a", live=True)
    assert not ENGINE.driver.subjects
    load_credentials("held:a", live=True).close()
