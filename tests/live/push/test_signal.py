"""Real signals, sent to the process of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from support import caught, plain_environ
from waiting import LONG, PATIENCE, beside, timed, wait_until_it_waits

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
    assert ALL == list(it.wait(PATIENCE))
    assert [] == list(it.wait(0))
    it.close()


def test_a_signal_ends_the_wait_of_another_thread_at_once() -> None:
    it = listen()
    waiting = beside(lambda: list(it.wait(LONG)))
    wait_until_it_waits(waiting)
    send()
    assert ALL == waiting.result(PATIENCE)
    it.close()


def test_a_storm_between_two_waits_is_one_announcement() -> None:
    it = listen()
    send(times=1_000)
    assert ALL == list(it.wait(0))
    assert [] == list(it.wait(0))
    it.close()


def test_a_signal_that_interrupts_the_wait_of_its_own_thread_does_not_lock_it_up() -> None:
    it = listen()
    signal.signal(signal.SIGALRM, lambda *_: send())
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    assert ALL == list(it.wait(LONG))
    it.close()


@pytest.mark.parametrize("seconds", [-1, 0, 0.2])
def test_without_a_signal_it_takes_the_time_it_was_given(seconds) -> None:
    it = listen()
    with timed() as took:
        assert [] == list(it.wait(seconds))
    assert max(0, seconds) <= took.wall
    assert took.fair < 1
    it.close()


def test_the_handler_that_was_there_runs_too_and_is_put_back() -> None:
    seen = []

    def before(number, frame):
        seen.append((number, frame is not None))

    signal.signal(signal.SIGHUP, before)
    it = listen()
    send()
    assert ALL == list(it.wait(PATIENCE))
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
    assert ALL == list(it.wait(PATIENCE))
    it.close()
    assert signal.getsignal(signal.SIGUSR1) == action


def test_close_by_another_thread_ends_the_wait_and_the_next_signal_puts_the_handler_back() -> None:
    seen = []
    signal.signal(signal.SIGHUP, lambda *_: seen.append(1))
    before = signal.getsignal(signal.SIGHUP)
    it = listen()
    waiting = beside(lambda: list(it.wait(LONG)))
    wait_until_it_waits(waiting)
    beside(it.close).result(PATIENCE)
    assert [] == waiting.result(PATIENCE)
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
    assert ALL == list(second.wait(PATIENCE))
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
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored\n"
        "it = SignalAnnouncements(SourceURI.parse('signal:SIGHUP'))\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "assert len(it.wait(60)) == 1\n"
        "one = threading.Thread(target=it.close); one.start(); one.join()\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
        "print('still there')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=PATIENCE,
        env=plain_environ(PYTHONPATH=os.pathsep.join(sys.path)),
    )
    assert (-signal.SIGHUP, b"", b"") == (done.returncode, done.stdout, done.stderr)


def test_only_the_main_thread_may_build_it() -> None:
    error = beside(listen).exception(PATIENCE)
    assert type(error) is ConfigurationError
    assert "main thread" in str(error)


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
