"""A forked child is not held up by what a thread of its parent was at, and keeps none of it."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from types import ModuleType

import pytest
from waiting import PATIENCE

from binance_creds.redact import install_redaction

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def in_child(check) -> int:
    """Return the exit code of a child: 0 if the check holds, negative if it was blocked."""
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process
        signal.alarm(20)
        os._exit(0 if check() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def take(monkeypatch):
    """Return what takes stderr; pytest takes it back between a fixture and its test."""

    def take() -> io.StringIO:
        err = io.StringIO()
        monkeypatch.setattr(sys, "stderr", err)
        return err

    return take


@pytest.fixture
def begin(monkeypatch, install):
    """Return what begins a hook in a thread, that waits in the middle, and returns what ends it."""
    inside, go_on = threading.Event(), threading.Event()

    def wait(arguments) -> None:
        sys.stderr.write("half")
        inside.set()
        go_on.wait(PATIENCE)
        sys.stderr.write(f" {arguments.exc_value}")

    monkeypatch.setattr(threading, "excepthook", wait)
    monkeypatch.setattr(sys, "excepthook", lambda *given: sys.stderr.write(f"child {given[1]}"))
    install()

    def fail() -> None:
        raise ValueError("signature=" + "a1" * 32)

    thread = threading.Thread(target=fail)

    def begin():
        thread.start()
        assert inside.wait(PATIENCE)
        return lambda: (go_on.set(), thread.join())

    yield begin
    go_on.set()
    thread.join()


def test_a_hook_of_another_thread_does_not_block_a_child(begin, take) -> None:
    """It writes redacted, and its stderr is what it was before the hook."""
    err = take()
    end = begin()

    def check() -> bool:
        is_back = sys.stderr is err
        sys.excepthook(ValueError, ValueError("signature=" + "b2" * 32), None)
        return is_back and sys.stderr is err and err.getvalue() == "child signature=[redacted]"

    assert 0 == in_child(check)
    end()
    assert err is sys.stderr
    assert "half signature=[redacted]" == err.getvalue()


def test_a_child_that_a_hook_forks_goes_on_with_the_hook(take, monkeypatch, install) -> None:
    err, code = take(), []

    def hook(*given) -> None:
        sys.stderr.write("before ")
        code.append(in_child(lambda: sys.stderr.write("after") and not err.getvalue()))

    monkeypatch.setattr(sys, "excepthook", hook)
    install()
    sys.excepthook(ValueError, ValueError(), None)
    assert ([0], "before ", err) == (code, err.getvalue(), sys.stderr)


def test_other_threads_write_at_once_while_a_hook_runs(begin, take) -> None:
    """Redacted, because a hook may have others write."""
    err = take()
    end = begin()
    sys.stderr.write("signature=" + "b2" * 32)
    sys.stderr.writelines(["\n", "x"])
    sys.stderr.flush()
    assert "signature=[redacted]\nx" == err.getvalue()
    assert not sys.stderr.isatty()
    end()


def test_two_hooks_at_once_are_both_redacted(begin, take) -> None:
    """Whichever ends first."""
    err = take()
    end = begin()
    sys.excepthook(ValueError, ValueError("signature=" + "b2" * 32), None)
    end()
    assert "child signature=[redacted]half signature=[redacted]" == err.getvalue()
    assert err is sys.stderr


def test_a_hook_within_a_hook_is_redacted(take, monkeypatch, install) -> None:
    err = take()

    def hook(kind, error, trace) -> None:
        sys.stderr.write(f"{error}, ")
        if kind is ValueError:
            sys.excepthook(KeyError, KeyError("signature=" + "b2" * 32), None)
            sys.stderr.write("end")

    monkeypatch.setattr(sys, "excepthook", hook)
    install()
    sys.excepthook(ValueError, ValueError("signature=" + "a1" * 32), None)
    assert "signature=[redacted], 'signature=[redacted]', end" == err.getvalue()


class Slow(ModuleType):
    """A library that takes its time to say that it does not have what is looked for."""

    def __getattr__(self, name):
        if name.startswith("_better"):
            self.asked.set()
            sum(range(3_000_000))
        raise AttributeError(name)


def test_a_child_that_is_forked_during_an_installation_can_install(monkeypatch) -> None:
    slow = Slow("loguru")
    slow.asked = threading.Event()
    monkeypatch.setitem(sys.modules, "loguru", slow)
    monkeypatch.setattr("binance_creds.redact._libraries._on_import.warn", lambda message: None)
    undo = []
    thread = threading.Thread(target=lambda: undo.append(install_redaction()))
    thread.start()
    assert slow.asked.wait(PATIENCE)
    code = in_child(install_redaction)
    thread.join()
    undo[0]()
    assert 0 == code
