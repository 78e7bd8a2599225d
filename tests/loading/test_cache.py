"""The cache: one load for all, monotonic expiry, bounded, safe across fork and cancellation."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from support import plain_environ
from waiting import PATIENCE

from binance_creds._cache import Cache
from binance_creds._cache._failures import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
from binance_creds._credentials import Credentials
from binance_creds._enums import Environment
from binance_creds._facts import Facts
from binance_creds._plan import Plan
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.signers import HmacSigner


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Backend:
    """Count loads; wait for `gate` when told to; raise `error` when there is one."""

    def __init__(self) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, plan: Plan, deadline: Deadline) -> Credentials:
        with self._lock:
            self.count += 1
        self.entered.set()
        assert self.gate.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return credentials(plan)


def credentials(plan: Plan) -> Credentials:
    facts = Facts(Environment.LIVE, plan.candidates[0].redacted, datetime.now(UTC))
    secret = Secret("s" * 64)
    return Credentials(Secret("k" * 64), HmacSigner(secret), facts, api_secret=secret)


def plan(name: str = "a") -> Plan:
    return Plan((SourceURI("memory", name),))


def make() -> tuple[Cache, Backend, Clock]:
    backend, clock = Backend(), Clock()
    return Cache(backend, clock=clock), backend, clock


def test_a_thousand_cold_threads_make_one_backend_call() -> None:
    """All get the same object, and nobody but the first reaches the backend."""
    cache, backend, _ = make()
    backend.gate.clear()
    results: list[Credentials] = []
    started = threading.Semaphore(0)

    def ask() -> None:
        started.release()
        results.append(cache.get(plan(), Deadline(PATIENCE)))

    threads = [threading.Thread(target=ask) for _ in range(1000)]
    for thread in threads:
        thread.start()
    for _ in threads:
        started.acquire()
    backend.gate.set()
    for thread in threads:
        thread.join()
    assert backend.count == 1
    assert len(results) == 1000
    assert len(set(map(id, results))) == 1


def test_a_thousand_cold_tasks_make_one_backend_call() -> None:
    """Tasks share one load, which does not block their loop."""
    cache, backend, _ = make()
    backend.gate.clear()

    async def main() -> list[Credentials]:
        tasks = [asyncio.create_task(cache.aget(plan(), Deadline(PATIENCE))) for _ in range(1000)]
        while not backend.entered.is_set():
            await asyncio.sleep(0)
        backend.gate.set()
        return await asyncio.gather(*tasks)

    results = asyncio.run(main())
    assert backend.count == 1
    assert len(set(map(id, results))) == 1


def test_threads_and_tasks_share_one_load() -> None:
    """A thread that leads serves the tasks that ask meanwhile."""
    cache, backend, _ = make()
    backend.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(cache.get, plan(), Deadline(PATIENCE)) for _ in range(8)]
        assert backend.entered.wait(PATIENCE)

        async def main() -> Credentials:
            task = asyncio.create_task(cache.aget(plan(), Deadline(PATIENCE)))
            await asyncio.sleep(0)
            backend.gate.set()
            return await task

        from_task = asyncio.run(main())
        assert {id(future.result()) for future in futures} == {id(from_task)}
    assert backend.count == 1


def test_followers_raise_an_equal_error_with_their_own_traceback() -> None:
    """The leader's error is not shared as an object: tracebacks would grow into each other."""
    cache, backend, _ = make()
    backend.gate.clear()
    backend.error = MalformedSecretError("bad", reason="empty", field="api_key")
    errors: list[MalformedSecretError] = []

    def ask() -> None:
        try:
            cache.get(plan(), Deadline(PATIENCE))
        except MalformedSecretError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    assert backend.entered.wait(PATIENCE)
    backend.gate.set()
    for thread in threads:
        thread.join()
    assert len({id(error) for error in errors}) == 16
    assert {(str(error), error.reason, error.field) for error in errors} == {
        ("bad", "empty", "api_key")
    }
    depths = {len(traceback.extract_tb(error.__traceback__)) for error in errors}
    assert max(depths) <= 5


def test_a_cancelled_task_strands_nobody() -> None:
    """The load goes on in its thread, its result is cached, and no lock is held."""
    cache, backend, _ = make()
    backend.gate.clear()

    async def main() -> Credentials:
        leader = asyncio.create_task(cache.aget(plan(), Deadline(PATIENCE)))
        follower = asyncio.create_task(cache.aget(plan(), Deadline(PATIENCE)))
        while not backend.entered.is_set():
            await asyncio.sleep(0)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        backend.gate.set()
        return await follower

    assert asyncio.run(main()) is cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 1


def test_a_result_that_comes_after_its_loop_closed_harms_nothing() -> None:
    """The thread finds the loop gone and still caches what it read."""
    cache, backend, _ = make()
    backend.gate.clear()

    async def main() -> None:
        await cache.aget(plan(), Deadline(0.01))

    with pytest.raises(ProviderUnavailableError):
        asyncio.run(main())
    backend.gate.set()
    assert cache.get(plan(), Deadline(PATIENCE)).origin == "memory:a"
    assert backend.count == 1


def test_an_interrupted_leader_is_replaced() -> None:
    """Ctrl-C in the leader's thread makes a follower lead, not fail."""
    entered, release = threading.Event(), threading.Event()
    calls: list[int] = []

    def load(wanted: Plan, deadline: Deadline) -> Credentials:
        calls.append(1)
        if len(calls) == 1:
            entered.set()
            assert release.wait(PATIENCE)
            raise KeyboardInterrupt
        return credentials(wanted)

    cache = Cache(load)

    def lead() -> None:
        with pytest.raises(KeyboardInterrupt):
            cache.get(plan(), Deadline(PATIENCE))

    leader = threading.Thread(target=lead)
    leader.start()
    assert entered.wait(PATIENCE)
    with ThreadPoolExecutor(1) as pool:
        follower = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        release.set()
        assert follower.result(PATIENCE).origin == "memory:a"
    leader.join()
    assert len(calls) == 2


def test_a_load_without_a_thread_fails_alone(monkeypatch) -> None:
    """The next one finds no load under way that nobody does."""
    cache, backend, _ = make()

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched, pytest.raises(ProviderUnavailableError):
        patched.setattr(threading.Thread, "start", refuse)
        asyncio.run(cache.aget(plan(), Deadline(PATIENCE)))
    assert cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 1


INTERRUPTED = """
import random, signal, threading
from binance_creds import load_credentials
from binance_creds.providers import memory

class Interrupted(Exception): ...
is_armed, interrupts = False, 0

def interrupt(*_):
    if is_armed:
        raise Interrupted

def load(wanted):
    load_credentials(wanted, timeout_seconds=5)
    answers.append(wanted)

signal.signal(signal.SIGALRM, interrupt)
memory.register("m", {"api_key": "k" * 61 + "9aB", "api_secret": "s" * 61 + "7cD"})
answers = []
while interrupts < 2000:
    is_armed = True
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00002, 0.0003))
        for _ in range(20):  # an interrupt in a callback of collection is swallowed
            load_credentials("memory:m", fresh=True)
        is_armed = False
    except Interrupted:
        interrupts += 1
    is_armed = False
    signal.setitimer(signal.ITIMER_REAL, 0)
    load("memory:m")
    if interrupts % 100 == 0:
        follower = threading.Thread(target=load, args=("memory:m",))
        follower.start()
        follower.join()
assert len(answers) >= 2020, len(answers)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such timer here")
@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="its `with` raises between the lock and the block"
)
def test_an_interrupt_at_any_moment_strands_nobody() -> None:
    """Such as ctrl-c: the next load of the source reads it, in any thread."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=300,
        check=False, env=plain_environ(),
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr


def test_a_defect_of_a_provider_reaches_every_waiter() -> None:
    """An error that is not ours is a defect: raised as it is, never retried for ever."""
    cache, backend, _ = make()
    backend.error = ZeroDivisionError("defect")

    with pytest.raises(ZeroDivisionError):
        cache.get(plan(), Deadline(PATIENCE))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(cache.aget(plan(), Deadline(PATIENCE)))


def test_expiry_follows_the_monotonic_clock() -> None:
    """The entry lives for ttl_seconds of monotonic time, whatever the wall clock does."""
    cache, backend, clock = make()
    first = cache.get(plan(), Deadline(PATIENCE))
    clock.seconds += plan().terms.ttl_seconds - 1
    assert first is cache.get(plan(), Deadline(PATIENCE))
    clock.seconds += 1
    assert first is not cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 2


def test_fresh_bypasses_the_cache_and_refills_it() -> None:
    """The fresh result is what everybody gets afterwards."""
    cache, backend, _ = make()
    first = cache.get(plan(), Deadline(PATIENCE))
    second = cache.get(plan(), Deadline(PATIENCE), fresh=True)
    assert first is not second
    assert second is cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 2


@pytest.mark.parametrize("is_async", [False, True])
def test_fresh_never_takes_a_load_that_began_before_it(is_async: bool) -> None:
    """It waits for the older load and then reads again."""
    cache, backend, _ = make()
    backend.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        older = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        assert backend.entered.wait(PATIENCE)

        def ask() -> Credentials:
            if is_async:
                return asyncio.run(cache.aget(plan(), Deadline(PATIENCE), fresh=True))
            return cache.get(plan(), Deadline(PATIENCE), fresh=True)

        flight = cache.flights[plan()]
        newer = pool.submit(ask)
        while not flight.wakers:
            pass
        backend.gate.set()
        assert older.result() is not newer.result()
    assert backend.count == 2


def test_a_source_that_is_down_is_asked_once_a_pause() -> None:
    """A thousand calls make one attempt until the pause is over; then one more."""
    cache, backend, clock = make()
    backend.error = ProviderUnavailableError("down")
    for _ in range(1000):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 1
    clock.seconds += 3 * FIRST_PAUSE_SECONDS
    with pytest.raises(ProviderUnavailableError):
        cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 2


def test_no_pause_is_longer_than_half_a_minute_and_a_success_ends_them() -> None:
    """After a success the next failure starts again with the shortest pause."""
    cache, backend, clock = make()
    backend.error = ProviderUnavailableError("down")
    for _ in range(12):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(), Deadline(PATIENCE))
        clock.seconds += LONGEST_PAUSE_SECONDS
    assert backend.count == 12
    backend.error = None
    cache.get(plan(), Deadline(PATIENCE))
    clock.seconds += plan().terms.ttl_seconds
    backend.error = ProviderUnavailableError("down again")
    for _ in range(2):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(), Deadline(PATIENCE))
        clock.seconds += 3 * FIRST_PAUSE_SECONDS
    assert backend.count == 15


def test_a_store_may_ask_for_a_longer_pause() -> None:
    """Retry-After is honoured, up to an hour: a mistaken one must not last for ever."""
    cache, backend, clock = make()
    backend.error = ThrottledError("slow down", retry_after_seconds=1e9)
    for seconds, attempts in ((0, 1), (3599, 1), (1, 2)):
        clock.seconds += seconds
        with pytest.raises(ThrottledError):
            cache.get(plan(), Deadline(PATIENCE))
        assert attempts == backend.count


def test_a_remembered_failure_says_since_when_and_until_when() -> None:
    """And how to ask the source now; the first caller was told what the source said."""
    cache, backend, clock = make()
    backend.error = ThrottledError("slow down.", hint="Wait.", retry_after_seconds=60)
    with pytest.raises(ThrottledError) as first:
        cache.get(plan(), Deadline(PATIENCE))
    clock.seconds += 12
    with pytest.raises(ThrottledError) as second:
        cache.get(plan(), Deadline(PATIENCE))
    assert str(first.value) == "slow down. Wait."
    assert str(second.value) == (
        "slow down. This answer is remembered for 12.0 s; the source is asked again in 48.0 s."
        " Call with fresh=True, or clear_cache(), to ask it now."
    )
    assert second.value.retry_after_seconds == 60


@pytest.mark.parametrize(
    ("answering", "attempts"), [("vault://secret/a", 2), ("vault://secret/a?address=https://b", 1)]
)
def test_a_success_ends_the_pauses_of_its_store(answering, attempts) -> None:
    """Of every source of that store, and of no other store."""
    cache, backend, _ = make()
    backend.error = ThrottledError("down", retry_after_seconds=60)
    down = Plan((SourceURI.parse("vault://secret/down"),))
    with pytest.raises(ThrottledError):
        cache.get(down, Deadline(PATIENCE))
    backend.error = None
    cache.get(Plan((SourceURI.parse(answering),)), Deadline(PATIENCE))
    backend.count = 1
    if attempts == 1:
        with pytest.raises(ThrottledError):
            cache.get(down, Deadline(PATIENCE))
    else:
        cache.get(down, Deadline(PATIENCE))
    assert attempts == backend.count


def test_fresh_asks_a_source_that_was_down() -> None:
    """Somebody who says fresh wants an answer from the source."""
    cache, backend, _ = make()
    backend.error = ProviderUnavailableError("down")
    for _ in range(2):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(), Deadline(PATIENCE), fresh=True)
    assert backend.count == 2


def test_an_error_that_is_not_unavailable_is_not_remembered() -> None:
    """What the user has just repaired is found at once."""
    cache, backend, _ = make()
    backend.error = SecretNotFoundError("nothing")
    with pytest.raises(SecretNotFoundError):
        cache.get(plan(), Deadline(PATIENCE))
    backend.error = None
    assert cache.get(plan(), Deadline(PATIENCE))


def test_a_follower_keeps_its_own_deadline() -> None:
    """Waiting for somebody else's slow load ends in time, with a typed error."""
    cache, backend, _ = make()
    backend.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        assert backend.entered.wait(PATIENCE)
        with pytest.raises(ProviderUnavailableError, match="deadline passed"):
            cache.get(plan(), Deadline(0.01))
        backend.gate.set()
        leader.result()


class Hanging:
    """Answer no call whose deadline is shorter than `needs` seconds."""

    def __init__(self, needs: float) -> None:
        self.needs = needs
        self.given: list[float] = []
        self.entered = threading.Event()

    def __call__(self, plan: Plan, deadline: Deadline) -> Credentials:
        self.given.append(deadline.seconds)
        self.entered.set()
        if deadline.seconds >= self.needs:
            return credentials(plan)
        while not deadline.is_over:
            threading.Event().wait(deadline.remaining_seconds)
        msg = "the store did not answer in time."
        raise ProviderUnavailableError(msg)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_leader_who_gives_up_leaves_the_patient_ones_their_time(is_async: bool) -> None:
    """They begin a read of their own; those who have no more time share the error."""
    backend = Hanging(needs=30)
    cache = Cache(backend)

    def ask(seconds: float) -> object:
        try:
            if is_async:
                return asyncio.run(cache.aget(plan(), Deadline(seconds)))
            return cache.get(plan(), Deadline(seconds))
        except ProviderUnavailableError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        hurried = pool.submit(ask, 0.3)
        assert backend.entered.wait(PATIENCE)
        patient = pool.submit(ask, 30)
        assert isinstance(hurried.result(), ProviderUnavailableError)
        assert isinstance(patient.result(), Credentials)
    assert backend.given == [0.3, 30]


def test_that_the_time_was_up_is_remembered_for_those_who_have_no_more() -> None:
    """It says nothing of the store to anybody else; its pause is for the others."""
    backend = Hanging(needs=30)
    cache = Cache(backend, clock=Clock())
    for seconds in (0.02, 0.02, 0.01):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(), Deadline(seconds))
    assert backend.given == [0.02]
    assert cache.get(plan(), Deadline(PATIENCE))


def test_a_hung_backend_keeps_one_thread_over_a_hundred_tries() -> None:
    """Later tasks join the stuck load instead of starting another."""
    cache, backend, _ = make()
    backend.gate.clear()
    before = threading.active_count()

    async def main() -> None:
        for _ in range(100):
            with pytest.raises(ProviderUnavailableError):
                await cache.aget(plan(), Deadline(0.001))

    asyncio.run(main())
    assert threading.active_count() <= before + 1
    backend.gate.set()


def test_the_cache_is_bounded() -> None:
    """The oldest plans go; the newest stay."""
    backend = Backend()
    cache = Cache(backend, capacity=10)
    for number in range(100):
        cache.get(plan(str(number)), Deadline(PATIENCE))
    assert len(cache) <= 10
    assert cache.peek(plan("99"))
    assert cache.peek(plan("0")) is None


def test_remembered_failures_are_bounded() -> None:
    """A store that is down for many plans fills no memory."""
    backend = Backend()
    backend.error = ProviderUnavailableError("down")
    cache = Cache(backend, capacity=10)
    for number in range(100):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(str(number)), Deadline(PATIENCE))
    for number, attempts in (("99", 100), ("0", 101)):
        with pytest.raises(ProviderUnavailableError):
            cache.get(plan(number), Deadline(PATIENCE))
        assert attempts == backend.count


def test_clear_forgets_everything() -> None:
    """The next call reads its source again."""
    cache, backend, _ = make()
    cache.get(plan(), Deadline(PATIENCE))
    cache.clear()
    cache.get(plan(), Deadline(PATIENCE))
    assert backend.count == 2


def test_what_was_under_way_when_all_was_forgotten_is_not_kept() -> None:
    """Who waits for it gets it; whoever asks afterwards reads the source again."""
    cache, backend, _ = make()
    backend.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        older = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        assert backend.entered.wait(PATIENCE)
        cache.clear()
        backend.entered.clear()
        newer = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        assert backend.entered.wait(PATIENCE)
        backend.gate.set()
        assert older.result() is not newer.result()
    assert cache.peek(plan()) is newer.result()
    assert backend.count == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_child_forked_during_a_load_loads_by_itself() -> None:
    """The parent's lock and its flight stay in the parent."""
    cache, backend, _ = make()
    backend.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        assert backend.entered.wait(PATIENCE)
        with cache._lock:
            child = os.fork()
            if child == 0:  # pragma: no cover  # another process: its coverage is not collected
                backend.gate = threading.Event()
                backend.gate.set()
                code = 1
                try:
                    cache.get(plan(), Deadline(PATIENCE))
                    code = 0
                finally:
                    os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        backend.gate.set()
        leader.result()


def test_a_million_reads_keep_nothing() -> None:
    """Reading what is cached does no I/O and allocates nothing that stays."""
    cache, backend, _ = make()
    wanted = plan()
    cache.get(wanted, Deadline(PATIENCE))
    gc.collect()
    before = len(gc.get_objects())
    peek = cache.peek
    for _ in range(1_000_000):
        peek(wanted)
    gc.collect()
    assert len(gc.get_objects()) - before < 100
    assert backend.count == 1


def test_ten_thousand_reloads_keep_no_thread_and_no_descriptor() -> None:
    """Each load gives back what it took."""
    cache, backend, _ = make()
    threads = threading.active_count()
    descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(10_000):
        cache.get(plan(), Deadline(PATIENCE), fresh=True)
    assert threading.active_count() == threads
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert backend.count == 10_000


def test_a_batch_leaves_out_what_somebody_else_is_loading() -> None:
    """And asks nothing where that is all of it."""
    cache, backend, _ = make()
    backend.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(cache.get, plan(), Deadline(PATIENCE))
        assert backend.entered.wait(PATIENCE)
        outcomes = cache.load_ahead([plan()], Deadline(PATIENCE), backend, fresh=False)
        backend.gate.set()
        assert loading.result(PATIENCE)
    assert outcomes == {}
    assert backend.count == 1
