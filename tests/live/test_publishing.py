"""What the user runs on events, such as handlers of logging, delays no handle and loses no order."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import live_support
import pytest
from live_support import Told, threads
from support import plain_environ
from waiting import PATIENCE, wait_for

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.live import Kind
from binance_creds.live.run import _publisher
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._publisher import Publisher

STEADY = RefreshPolicy(ttl=60, poll=30, max_stale=120, jitter=0)


class Blocked(logging.Handler):
    """A handler that writes into a full pipe, until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.messages: list[str] = []

    def emit(self, record) -> None:
        self.entered.set()
        assert self.go_on.wait(PATIENCE)
        self.messages.append(record.getMessage())


@pytest.fixture
def blocked():
    logger, handler = logging.getLogger("binance_creds.live"), Blocked()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    handler.go_on.set()
    ENGINE.log.flush(PATIENCE)
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_handler_that_blocks_delays_no_handle(store, clock, blocked) -> None:
    """Neither its own nor another: polls, refreshes, hooks, holds and the end go on."""
    store.put("b")
    told = Told()
    one = load_credentials("held:a", live=True, refresh=STEADY)
    other = load_credentials("held:b", live=True, refresh=STEADY, on_rotation=told)
    store.put("a")
    one.refresh()
    assert blocked.entered.wait(PATIENCE)
    store.put("b")
    clock.advance(31)
    (rotation,) = told.wait()
    assert other.current is rotation.current
    for live, name in ((one, "a"), (other, "b")):
        fields = store.put(name)
        assert fields["api_key"] == live.refresh().api_key.reveal()
        with live.hold() as held:
            assert held is live.current
        live.close()
    assert not blocked.messages
    blocked.go_on.set()
    assert ENGINE.log.flush(PATIENCE)
    assert ["rotated"] * 4 + ["closed"] * 2 == sorted(
        (text.split()[0] for text in blocked.messages), reverse=True
    )


def test_events_are_logged_in_their_order(store, blocked) -> None:
    """All of them, by one thread."""
    told = Told()
    with load_credentials("held:a", live=True) as live:
        live.on_event(told)
        for _ in range(50):
            store.put("a")
            live.refresh()
        told.wait_kind(Kind.ROTATED, 50)
        assert 1 == len(threads("binance-creds events"))
        blocked.go_on.set()
    assert ENGINE.log.flush(PATIENCE)
    told.wait_kind(Kind.CLOSED)
    assert [event.message for event in told.values] == [
        text.partition(" (")[0] for text in blocked.messages
    ]
    wait_for(lambda: not threads("binance-creds events"))


@pytest.fixture
def made():
    """A publisher with room for three, and what it says was dropped."""
    dropped: list[int] = []
    publisher = Publisher(dropped.append, most_waiting=3)
    publisher.dropped = dropped
    return publisher


def test_what_does_not_fit_is_dropped_and_told(made) -> None:
    """The queue of a handler that hangs does not grow for ever."""
    entered, release, seen = threading.Event(), threading.Event(), []
    made.publish(lambda: (entered.set(), release.wait(PATIENCE)))
    assert entered.wait(PATIENCE)
    for number in range(10):
        made.publish(lambda number=number: seen.append(number))
    release.set()
    assert made.flush(PATIENCE)
    wait_for(lambda: made.dropped == [7])
    assert [0, 1, 2] == seen


def test_the_log_says_how_many_of_its_records_were_dropped(store, blocked, monkeypatch) -> None:
    """As soon as the handler goes on."""
    wait_for(lambda: not threads("binance-creds events"))  # one that pauses would take none
    monkeypatch.setattr(ENGINE.log.publisher, "most_waiting", 2)
    with load_credentials("held:a", live=True) as live:
        for _ in range(5):
            store.put("a")
            live.refresh()
            assert blocked.entered.wait(PATIENCE)
        blocked.go_on.set()
        assert ENGINE.log.flush(PATIENCE)
        wait_for(lambda: any("dropped" in text for text in blocked.messages))
    (said,) = [text for text in blocked.messages if "dropped" in text]
    assert int(said.split()[0]) >= 2


def test_what_follows_soon_is_called_in_the_same_thread() -> None:
    """A bulk change of files starts no thread for each event."""
    seen: list[threading.Thread] = []
    coming = [1, 2, 3]

    def publish_in_a_pause(_: float) -> None:
        if coming and coming.pop():
            publisher.publish(lambda: seen.append(threading.current_thread()))

    publisher = Publisher(print, sleep=publish_in_a_pause)
    assert publisher.flush(PATIENCE)
    wait_for(lambda: len(seen) == 3)
    assert len(set(seen)) == 1


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_what_a_handler_raises_stops_nothing(made, kind) -> None:
    """The next is called."""
    seen = []

    def fail() -> None:
        raise kind

    made.publish(fail)
    made.publish(lambda: seen.append(1))
    assert made.flush(PATIENCE)
    assert [1] == seen


def test_without_a_thread_whoever_flushes_calls_what_waits(made, monkeypatch) -> None:
    """As at the end of a process, where no thread can be started."""

    def refuse(thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    names = []
    made.publish(lambda: names.append(threading.current_thread().name))
    assert not names
    assert made.flush(PATIENCE)
    assert ["MainThread"] == names


def test_a_second_thread_leaves_the_queue_to_the_first(made, monkeypatch) -> None:
    """Both may have been started before one of them ran."""
    runs = []
    monkeypatch.setattr(_publisher, "spawn", lambda work, name: runs.append(work) or True)
    seen = []
    made.publish(lambda: (runs[1](), seen.append(1)))
    made.publish(lambda: seen.append(2))
    runs[0]()
    assert [1, 2] == seen


def test_what_is_published_before_the_exit_is_logged() -> None:
    """Within half a second."""
    code = (
        "import logging, sys\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')\n"
        "from binance_creds import load_credentials\n"
        "from binance_creds.providers import memory\n"
        "memory.register('a', {'api_key': 'Ak3x' * 16, 'api_secret': 'Zs9y' * 16})\n"
        "load_credentials('memory:a', live=True).close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE,
        check=True, env=plain_environ(),
    )  # fmt: skip
    assert "closed" == done.stdout.split()[0]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_provider_that_hangs_while_it_closes_delays_no_handle(
    store, monkeypatch, is_there
) -> None:
    """A collected handle ends in a thread of its own; without one, in the engine's."""
    entered, release, ended = threading.Event(), threading.Event(), []

    def close(provider) -> None:
        ended.append(threading.current_thread().name)
        entered.set()
        assert release.wait(PATIENCE)

    other = load_credentials("held:a", live=True)
    live = load_credentials("held:a", live=True)
    with monkeypatch.context() as patch:
        patch.setattr(live_support.Held, "close", close)
        if not is_there:
            patch.setattr("binance_creds.live.run._engine.spawn", lambda work, name: False)
            release.set()
        del live
        assert entered.wait(PATIENCE)
        fields = store.put("a")
        assert fields["api_key"] == other.refresh().api_key.reveal()
        release.set()
        wait_for(lambda: not threads("binance-creds close"))
    assert [f"binance-creds {'close' if is_there else 'live'}"] == ended
    other.close()
