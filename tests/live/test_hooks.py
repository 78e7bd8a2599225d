"""Hooks: in order, each on its own, in the right loop or thread, and nobody waits for them."""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
import threading
from contextlib import suppress

import pytest
from live_support import Told, settle_threads, threads
from support import token
from waiting import PATIENCE, wait_for

from binance_creds import aload_credentials, load_credentials
from binance_creds.errors import ClosedError
from binance_creds.live import Kind
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._hooks import Hooks
from binance_creds.live.run._locks import LOCK
from binance_creds.testing import assert_no_leak

SECRET = token()


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


def test_each_hook_is_told_everything_in_order(hooks) -> None:
    """Whatever the speed at which it comes."""
    first, second = Told(), Told()
    hooks.add(first)
    hooks.add(second)
    for number in range(500):
        hooks.tell(number)
    assert list(range(500)) == first.wait(500) == second.wait(500)


def test_a_slow_hook_delays_nobody(hooks) -> None:
    """Neither who tells, nor the other hooks; it is told the rest afterwards, in order."""
    entered, release, slow, quick = threading.Event(), threading.Event(), Told(), Told()

    def wait(value) -> None:
        entered.set()
        assert release.wait(PATIENCE)
        slow(value)

    hooks.add(wait)
    hooks.add(quick)
    for number in range(3):
        hooks.tell(number)
    assert entered.wait(PATIENCE)
    assert [0, 1, 2] == quick.wait(3)
    assert slow.values == []
    release.set()
    assert [0, 1, 2] == slow.wait(3)


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("is_object", [False, True])
def test_what_a_hook_raises_is_logged_by_its_class_alone(hooks, caplog, kind, is_object) -> None:
    """And which it was; its error may quote the credentials. It is called again next time."""
    told = Told()

    def fail(value) -> None:
        told(value)
        raise kind(SECRET)

    hook = functools.partial(fail) if is_object else fail
    name = "partial" if is_object else fail.__qualname__
    hooks.add(hook)
    hooks.tell(1)
    hooks.tell(2)
    told.wait(2)
    settle_threads()
    assert [
        f"a hook of live credentials raised {kind.__name__} ({name}); the others go on"
    ] * 2 == [record.message for record in caplog.records]
    assert all(record.exc_info is None for record in caplog.records)
    assert_no_leak(SECRET, caplog.text)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_hook_that_raises_is_told_the_next_also_where_its_log_record_raises(
    hooks, is_async
) -> None:
    """A handler of logging may raise as well."""

    class Raises(logging.Handler):
        def emit(self, record) -> None:
            raise ValueError

    async def main() -> None:
        told = asyncio.Queue()

        async def hook(value) -> None:
            told.put_nowait(value)
            raise ValueError

        hooks.add(hook)
        for number in range(3):
            hooks.tell(number)
            assert number == await asyncio.wait_for(told.get(), PATIENCE)

    log, handler = logging.getLogger("binance_creds.live"), Raises()
    log.addHandler(handler)
    try:
        if is_async:
            asyncio.run(main())
        else:
            told = Told()
            hooks.add(lambda value: (told(value), 1 / 0))
            for number in range(3):
                hooks.tell(number)
                told.wait(number + 1)
    finally:
        log.removeHandler(handler)


def test_a_removed_hook_is_told_nothing_more(hooks) -> None:
    """Also what was queued already; removing it twice is fine."""
    entered, release, told = threading.Event(), threading.Event(), Told()

    def wait(value) -> None:
        told(value)
        entered.set()
        assert release.wait(PATIENCE)

    remove = hooks.add(wait)
    hooks.tell(1)
    hooks.tell(2)
    assert entered.wait(PATIENCE)
    queue = hooks.queues[0]
    remove()
    remove()
    queue.put(3)
    release.set()
    settle_threads()
    assert told.values == [1]


def test_a_hook_may_remove_itself(hooks) -> None:
    """It is called once."""
    told = Told()

    def once(value) -> None:
        remove()
        told(value)

    remove = hooks.add(once)
    hooks.tell(1)
    told.wait()
    hooks.tell(2)
    settle_threads()
    assert told.values == [1]


def test_a_coroutine_hook_runs_in_the_loop_that_added_it(hooks) -> None:
    """In order, one call after the other."""

    async def main() -> None:
        told, loop = [], asyncio.get_running_loop()
        done = asyncio.Event()

        async def hook(value) -> None:
            assert asyncio.get_running_loop() is loop
            await asyncio.sleep(0)
            told.append(value)
            if value == 9:
                done.set()

        hooks.add(hook)
        teller = threading.Thread(target=lambda: [hooks.tell(number) for number in range(10)])
        teller.start()
        await asyncio.wait_for(done.wait(), PATIENCE)
        teller.join()
        assert list(range(10)) == told

    asyncio.run(main())


def test_two_loops_in_two_threads_each_run_their_own_hook(hooks) -> None:
    """A hook never crosses into the other's loop."""
    ready, right = threading.Barrier(3, timeout=PATIENCE), []

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        async def hook(value) -> None:
            right.append(asyncio.get_running_loop() is loop)
            done.set()

        hooks.add(hook)
        ready.wait()
        await asyncio.wait_for(done.wait(), PATIENCE)

    runners = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(2)]
    for runner in runners:
        runner.start()
    ready.wait()
    hooks.tell(1)
    for runner in runners:
        runner.join()
    assert [True, True] == right


class Callable:
    """An object whose `__call__` is a coroutine function."""

    def __init__(self, told) -> None:
        self.told = told

    async def __call__(self, value) -> None:
        self.told((value, threading.current_thread().name))


async def _coroutine(told, value) -> None:
    told((value, threading.current_thread().name))


@pytest.mark.parametrize(
    "make",
    [
        Callable,
        lambda told: functools.partial(_coroutine, told),
        lambda told: lambda value: _coroutine(told, value),
    ],
    ids=["object", "partial", "function that gives a coroutine"],
)
def test_a_coroutine_hook_without_a_loop_runs_in_a_thread(hooks, make) -> None:
    """In a loop of its own."""
    told = Told()
    hooks.add(make(told))
    hooks.tell(1)
    assert [(1, "binance-creds hook")] == told.wait()


def test_an_object_with_an_async_call_runs_in_its_loop(hooks) -> None:
    """As a coroutine function does."""
    told = Told()

    async def main() -> None:
        hooks.add(Callable(told))
        hooks.tell(1)
        while not told.values:
            await asyncio.sleep(0)

    asyncio.run(main())
    assert [(1, "MainThread")] == told.values


def test_a_coroutine_hook_that_raises_is_told_the_next(hooks, caplog) -> None:
    """Also when what it awaits was cancelled: that is not its own end."""
    told = []

    async def main() -> None:
        async def hook(value) -> None:
            told.append(value)
            raise asyncio.CancelledError if value == 1 else ValueError(SECRET)

        hooks.add(hook)
        hooks.tell(1)
        hooks.tell(2)
        while len(told) < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert [1, 2] == told
    assert ["CancelledError", "ValueError"] == [
        record.message.split()[6].rstrip(";") for record in caplog.records
    ]
    assert_no_leak(SECRET, caplog.text)


def lost_loop(hooks, told: Told, *, is_busy: bool) -> None:
    """Add a coroutine hook in a loop that has ended when this returns, within a call or not."""

    async def main() -> None:
        entered = asyncio.Event()

        async def hook(value) -> None:
            told((value, threading.current_thread().name))
            if value == "first":
                entered.set()
                await asyncio.Event().wait()

        hooks.add(hook)
        if is_busy:
            hooks.tell("first")
            hooks.tell("second")
            await entered.wait()

    asyncio.run(main())


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_hook_whose_loop_has_closed_runs_in_threads(hooks, caplog, is_busy) -> None:
    """Each call of it, also what waited for the loop; and the log says so, once."""
    told = Told()
    lost_loop(hooks, told, is_busy=is_busy)
    hooks.tell(3)
    hooks.tell(4)
    main, thread = "MainThread", "binance-creds hook"
    before = [("first", main), ("second", thread)] if is_busy else []
    assert [*before, (3, thread), (4, thread)] == told.wait(len(before) + 2)
    settle_threads()
    (record,) = caplog.records
    assert "the event loop of a hook has closed (lost_loop" in record.message
    assert record.message.endswith("it runs in threads from now on")


@pytest.mark.parametrize("closes_in_between", [False, True])
def test_what_waits_for_a_loop_that_never_runs_again_is_not_lost(
    hooks, closes_in_between, monkeypatch
) -> None:
    """Nor where it closes between the question and the call."""
    loop, told = asyncio.new_event_loop(), Told()

    async def hook(value) -> None:
        told(value)

    async def add() -> None:
        hooks.add(hook)

    loop.run_until_complete(add())
    if closes_in_between:
        monkeypatch.setattr(loop, "is_closed", lambda: False)
        loop.call_soon_threadsafe = lambda *_: (_ for _ in ()).throw(RuntimeError)
    else:
        hooks.tell(1)  # the loop is asked, and never runs again
        loop.close()
    hooks.tell(2)
    assert ([2] if closes_in_between else [1, 2]) == told.wait(1 if closes_in_between else 2)
    loop.__dict__.pop("call_soon_threadsafe", None)
    monkeypatch.undo()
    loop.close()


def test_a_hook_for_which_there_is_no_thread_keeps_nothing(hooks, monkeypatch) -> None:
    """Its queue does not grow for ever; it is told what comes later."""
    told = Told()

    def refuse(thread) -> None:
        raise RuntimeError("can't start new thread")

    hooks.add(told)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        hooks.tell(1)
        hooks.tell(2)
    hooks.tell(3)
    assert [3] == told.wait()


def test_the_threads_of_hooks_end_with_their_work(hooks) -> None:
    """A thousand rotations leave none."""
    told = Told()
    hooks.add(told)
    for number in range(1000):
        hooks.tell(number)
    told.wait(1000)
    wait_for(lambda: not threads("binance-creds hook"))


def test_after_a_fork_nothing_that_was_queued_is_told(hooks) -> None:
    """The child's hooks run in threads: the loop of before runs in the parent."""
    told, names = Told(), []

    async def main() -> None:
        async def hook(value) -> None:
            names.append(threading.current_thread().name)
            told(value)

        hooks.add(hook)
        queue = hooks.queues[0]
        queue.waiting.append(1)  # as while the parent runs it
        queue._is_running = True
        hooks.start_over()
        hooks.tell(2)
        await asyncio.to_thread(told.wait)

    asyncio.run(main())
    assert [2] == told.values
    assert ["binance-creds hook"] == names


def test_a_program_without_asyncio_needs_none_for_a_hook(hooks, monkeypatch) -> None:
    """Nothing of it is imported to look for a loop."""
    monkeypatch.delitem(sys.modules, "asyncio")
    told = Told()
    hooks.add(told)
    hooks.tell(1)
    assert [1] == told.wait()
    assert "asyncio" not in sys.modules


def test_a_rotation_hook_may_use_its_handle(store) -> None:
    """Refresh, sign, unsubscribe and close, all within the hook."""
    live, told = load_credentials("held:a", live=True), Told()

    def hook(rotation) -> None:
        assert live.current is rotation.current
        assert rotation.previous is live.previous
        assert live.refresh() is rotation.current
        remove()
        live.close()
        told(rotation)

    remove = live.on_rotation(hook)
    fields = store.put("a")
    with suppress(ClosedError):  # the hook may be quicker
        live.refresh()
    (rotation,) = told.wait()
    assert rotation.reason is Kind.ROTATED
    assert rotation.current.api_key.reveal() == fields["api_key"]
    assert rotation.at.tzinfo is not None


def test_hooks_get_every_version_in_order(store) -> None:
    """A hundred rotations, a hundred calls, each from the one before."""
    with load_credentials("held:a", live=True) as live:
        told = Told()
        live.on_rotation(told)
        first = live.current
        for _ in range(100):
            store.put("a")
            live.refresh()
        rotations = told.wait(100)
        assert [first, *(one.current for one in rotations[:-1])] == [
            one.previous for one in rotations
        ]
        assert rotations[-1].current is live.current


def test_on_rotation_is_also_a_decorator_and_an_argument(store) -> None:
    """Both forms are told."""
    argument, decorated = Told(), Told()
    with load_credentials("held:a", live=True, on_rotation=argument) as live:

        @live.on_rotation
        def remove(rotation) -> None:
            decorated(rotation)

        store.put("a")
        live.refresh()
        assert argument.wait() == decorated.wait()
        remove()
        store.put("a")
        live.refresh()
        argument.wait(2)
        settle_threads()
        assert 1 == len(decorated.values)


@pytest.fixture
def rotated_at_once(store, monkeypatch) -> None:
    """Rotate as soon as the engine runs a handle, before its user has it."""
    add = ENGINE.add

    def add_and_rotate(subject) -> None:
        add(subject)
        store.put("a")
        ENGINE.refreshes.wait(subject, PATIENCE)

    monkeypatch.setattr(ENGINE, "add", add_and_rotate)


def test_on_rotation_hears_what_rotates_before_the_handle_is_returned(rotated_at_once) -> None:
    """Else a bot that starts during a rotation would go on with the pair of before."""
    told = Told()
    with load_credentials("held:a", live=True, on_rotation=told) as live:
        assert [live.current] == [one.current for one in told.wait()]


def test_a_coroutine_that_is_on_rotation_runs_in_the_loop_that_loads(rotated_at_once) -> None:
    """Although the load itself runs in a thread."""

    async def main() -> None:
        loop, heard = asyncio.get_running_loop(), asyncio.Queue()

        async def hook(rotation) -> None:
            await heard.put((asyncio.get_running_loop(), rotation.current))

        live = await aload_credentials("held:a", live=True, on_rotation=hook)
        assert (loop, live.current) == await asyncio.wait_for(heard.get(), PATIENCE)
        live.close()

    asyncio.run(main())


def test_a_raising_log_handler_stops_no_rotation(store) -> None:
    """Nor one that calls the handle: the engine holds no lock while it logs."""
    live = load_credentials("held:a", live=True)
    done = threading.Event()

    class Handler(logging.Handler):
        def emit(self, record) -> None:
            if "rotated" in record.getMessage() and not done.is_set():
                with live.hold():
                    done.set()
                raise ValueError

    logger, handler = logging.getLogger("binance_creds.live"), Handler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        for _ in range(2):
            fields = store.put("a")
            live.refresh()
            wait_for(lambda: live.current.api_key.reveal() == fields["api_key"])  # noqa: B023  # at the end of the hold
        assert done.wait(PATIENCE)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        live.close()


def test_a_collector_that_removes_a_hook_waits_for_no_holder_of_the_lock() -> None:
    """The holder may wait for the very thread in which the collector runs."""
    told: list[object] = []
    hooks = Hooks()
    remove = hooks.add(told.append)
    thread = threading.Thread(target=remove)
    with LOCK:
        thread.start()
        thread.join(PATIENCE)
        assert not thread.is_alive()
    hooks.tell("too late")
    assert told == []
    hooks.add(told.append)
    assert len(hooks.queues) == 1  # the silent one is gone
