"""Real signals, sent to the process of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from push_support import in_thread
from support import caught, plain_environ

from binance_creds._uri import SourceURI
from binance_creds.errors import ClosedError, ConfigurationError
from binance_creds.live import Announcement, ChangeSource
from binance_creds.live.push.signals import SignalAnnouncements

NAMES = ("SIGHUP", "SIGUSR1", "SIGUSR2")
ALL = [Announcement()]


@pytest.fixture(autouse=True)
def handlers():
    """Put back what each test found."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def listen(name: str = "SIGHUP") -> SignalAnnouncements:
    return SignalAnnouncements(SourceURI.parse(f"signal:{name}"))


def send(number: int = signal.SIGHUP, times: int = 1) -> None:
    for _ in range(times):
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("name", NAMES)
def test_a_signal_announces_everything(name) -> None:
    it = listen(name)
    assert isinstance(it, ChangeSource)
    send(getattr(signal, name))
    assert ALL == list(it.wait(5))
    assert [] == list(it.wait(0))
    it.close()


def test_a_signal_ends_the_wait_of_another_thread_at_once() -> None:
    it = listen()
    waiting, outcome = in_thread(lambda: list(it.wait(30)))
    time.sleep(0.05)
    started_at = time.monotonic()
    send()
    waiting.join(5)
    assert [ALL] == outcome
    assert time.monotonic() - started_at < 1
    it.close()


def test_a_storm_between_two_waits_is_one_announcement() -> None:
    it = listen()
    send(times=1_000)
    assert ALL == list(it.wait(0))
    assert [] == list(it.wait(0))
    it.close()


def test_a_signal_that_interrupts_the_wait_of_its_own_thread_does_not_lock_it_up() -> None:
    it = listen()
    sender = threading.Timer(0.1, send)
    sender.start()
    assert ALL == list(it.wait(30))
    sender.join()
    it.close()


@pytest.mark.parametrize("seconds", [-1, 0, 0.2])
def test_without_a_signal_it_takes_the_time_it_was_given(seconds) -> None:
    it = listen()
    started_at = time.monotonic()
    assert [] == list(it.wait(seconds))
    assert max(0, seconds) <= time.monotonic() - started_at < 1
    it.close()


def test_the_handler_that_was_there_runs_too_and_is_put_back() -> None:
    seen = []

    def before(number, frame):
        seen.append((number, frame is not None))

    signal.signal(signal.SIGHUP, before)
    it = listen()
    send()
    assert ALL == list(it.wait(5))
    it.close()
    it.close()
    assert signal.getsignal(signal.SIGHUP) is before
    send()
    assert [(signal.SIGHUP, True)] * 2 == seen


@pytest.mark.parametrize("action", [signal.SIG_IGN, signal.SIG_DFL])
def test_an_action_that_was_there_is_put_back(action) -> None:
    signal.signal(signal.SIGUSR1, action)
    it = listen("SIGUSR1")
    send(signal.SIGUSR1)
    assert ALL == list(it.wait(5))
    it.close()
    assert signal.getsignal(signal.SIGUSR1) == action


def test_close_by_another_thread_ends_the_wait_and_the_next_signal_puts_the_handler_back() -> None:
    seen = []
    signal.signal(signal.SIGHUP, lambda *_: seen.append(1))
    before = signal.getsignal(signal.SIGHUP)
    it = listen()
    waiting, outcome = in_thread(lambda: list(it.wait(30)))
    time.sleep(0.05)
    closing, _ = in_thread(it.close)
    closing.join(5)
    waiting.join(5)
    assert [[]] == outcome
    assert signal.getsignal(signal.SIGHUP) != before
    send()
    assert [1] == seen
    assert signal.getsignal(signal.SIGHUP) is before
    assert type(caught(it.wait, 1)) is ClosedError


def test_two_that_listen_to_one_signal_are_closed_in_any_order() -> None:
    seen = []
    signal.signal(signal.SIGHUP, lambda *_: seen.append(1))
    first, second = listen(), listen()
    first.close()
    send()
    assert ALL == list(second.wait(5))
    assert [1] == seen
    second.close()
    send()
    assert [1, 1] == seen


def test_a_signal_after_closing_has_its_default_action_again() -> None:
    """Here it ends the process, also where another thread closed."""
    code = (
        "import os, signal, threading\n"
        "from binance_creds._uri import SourceURI\n"
        "from binance_creds.live.push.signals import SignalAnnouncements\n"
        "it = SignalAnnouncements(SourceURI.parse('signal:SIGHUP'))\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "assert len(it.wait(5)) == 1\n"
        "one = threading.Thread(target=it.close); one.start(); one.join()\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print('still there')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=30,
        env=plain_environ(PYTHONPATH=os.pathsep.join(sys.path)),
    )
    assert (-signal.SIGHUP, b"", b"") == (done.returncode, done.stdout, done.stderr)


def test_only_the_main_thread_may_build_it() -> None:
    building, outcome = in_thread(listen)
    building.join(5)
    assert type(outcome[0]) is ConfigurationError
    assert "main thread" in str(outcome[0])


@pytest.mark.parametrize("text", ["signal:SIGTERM", "signal:1", "signal:", "signal:SIGHUP?x=1"])
def test_other_signals_and_options_are_refused(text) -> None:
    assert type(caught(SignalAnnouncements, SourceURI.parse(text))) is ConfigurationError


def test_a_system_without_the_signal_says_so(monkeypatch) -> None:
    monkeypatch.delattr(signal, "SIGUSR2")
    error = caught(listen, "SIGUSR2")
    monkeypatch.undo()
    assert type(error) is ConfigurationError
    assert "Windows" in str(error)


def test_a_handler_that_python_does_not_know_is_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    error = caught(listen)
    monkeypatch.undo()
    assert type(error) is ConfigurationError
    assert "outside Python" in str(error)
