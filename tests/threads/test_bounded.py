"""A call that may block for ever costs its caller a deadline and the process one thread."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from support import caught, token
from waiting import PATIENCE, beside

from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds.errors import ProviderUnavailableError, SecretNotFoundError
from binance_creds.providers import Deadline
from binance_creds.testing import FakeClock, assert_no_leak

SOON = 0.05


class Gate:
    """A backend that hangs until it is opened; shut again it hangs the next call."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()

    def pass_through(self) -> str:
        self.entered.set()
        self.open.wait()
        return "through"


BEFORE: set[threading.Thread] = set()  # what other tests have left to end by itself


@pytest.fixture
def gate():
    BEFORE.clear()
    BEFORE.update(threading.enumerate())
    gate = Gate()
    yield gate
    gate.open.set()
    for thread in stuck():
        thread.join(PATIENCE)


def stuck() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("binance-creds ") and thread not in BEFORE
    ]


def test_an_answer_is_handed_on() -> None:
    """Also where it is `None`."""
    calls = BoundedCalls()
    assert calls.run("k", lambda: 42, Deadline(PATIENCE)) == 42
    assert calls.run("k", lambda: None, Deadline(PATIENCE)) is None


def test_an_error_that_is_returned_is_raised() -> None:
    """As an equal one, without what its frames held."""
    error = SecretNotFoundError("nothing there.", hint="Store it.")
    raised = caught(BoundedCalls().run, "k", lambda: error, Deadline(PATIENCE))
    assert type(raised) is SecretNotFoundError
    assert (raised.message, raised.hint) == (error.message, error.hint)
    assert raised is not error


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_of_what_is_raised_only_the_class_is_told(kind) -> None:
    """Not its text, its cause or its frames: they belong to a backend that holds plaintext."""
    canary = token()

    def call() -> None:
        local = canary
        raise kind(local) from KeyError(local)

    error = caught(BoundedCalls().run, "k", call, Deadline(PATIENCE))
    assert type(error) is ProviderUnavailableError
    assert kind.__name__ in str(error)
    assert error.__cause__ is error.__context__ is None
    assert_no_leak(canary, error)


def test_a_hundred_tries_on_a_hung_backend_leave_one_thread(gate) -> None:
    """The first waits for its deadline, the others fail at once."""
    calls = BoundedCalls()
    before = set(threading.enumerate())
    first = caught(calls.run, "k", gate.pass_through, Deadline(SOON))
    assert "no answer in time" in str(first)
    for _ in range(100):
        # A deadline this long would time the test out if it were waited for.
        error = caught(calls.run, "k", gate.pass_through, Deadline(1000))
        assert type(error) is ProviderUnavailableError
        assert "earlier call" in str(error)
    assert len(set(threading.enumerate()) - before) == 1


def test_a_backend_that_comes_back_is_asked_again(gate) -> None:
    """Its late answer is thrown away."""
    calls = BoundedCalls()
    caught(calls.run, "k", gate.pass_through, Deadline(SOON))
    (thread,) = stuck()
    gate.open.set()
    thread.join(PATIENCE)
    assert calls.run("k", lambda: "fresh", Deadline(PATIENCE)) == "fresh"


def test_a_hung_backend_does_not_stop_another(gate) -> None:
    """Each key has its own turn."""
    calls = BoundedCalls()
    caught(calls.run, "k", gate.pass_through, Deadline(SOON))
    assert calls.run("other", lambda: 1, Deadline(PATIENCE)) == 1


def test_calls_of_one_key_take_turns(gate) -> None:
    """The second waits while the first is within its deadline."""
    calls = BoundedCalls()
    answers: list[str] = []

    def ask() -> None:
        answers.append(calls.run("k", gate.pass_through, Deadline(PATIENCE)))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    gate.entered.wait(PATIENCE)
    assert len(stuck()) == 1
    gate.open.set()
    for thread in asking:
        thread.join(PATIENCE)
    assert answers == ["through"] * 3


def test_who_waits_for_a_turn_gives_up_with_his_own_deadline(gate) -> None:
    """And leaves the call ahead alone."""
    calls = BoundedCalls()
    answers: list[str] = []
    ahead = threading.Thread(
        target=lambda: answers.append(calls.run("k", gate.pass_through, Deadline(PATIENCE)))
    )
    ahead.start()
    gate.entered.wait(PATIENCE)
    error = caught(calls.run, "k", lambda: "never", Deadline(SOON))
    assert "earlier call" in str(error)
    gate.open.set()
    ahead.join(PATIENCE)
    assert answers == ["through"]


def test_who_waits_for_a_turn_fails_when_the_call_ahead_outlives_its_caller(gate) -> None:
    """At once: nobody knows when it will end."""
    calls = BoundedCalls()
    ahead = threading.Thread(target=caught, args=(calls.run, "k", gate.pass_through, Deadline(0.3)))
    ahead.start()
    gate.entered.wait(PATIENCE)
    error = caught(calls.run, "k", lambda: "never", Deadline(1000))
    assert "earlier call" in str(error)
    ahead.join(PATIENCE)


def test_who_is_patient_waits_for_a_call_that_has_outlived_its_caller(gate) -> None:
    """Where such calls end soon: somebody's short deadline must not fail everybody else."""
    calls = BoundedCalls(patience_seconds=PATIENCE)
    assert "no answer" in str(caught(calls.run, "k", gate.pass_through, Deadline(SOON)))
    assert "earlier call" in str(caught(calls.run, "k", lambda: "never", Deadline(SOON)))
    gate.open.set()
    assert calls.run("k", lambda: "mine", Deadline(PATIENCE)) == "mine"


def test_patience_with_a_call_that_hangs_has_an_end(gate) -> None:
    """The next wait until it is over, those after them not at all."""
    calls = BoundedCalls(patience_seconds=SOON)
    caught(calls.run, "k", gate.pass_through, Deadline(SOON))
    for _ in range(100):
        assert "earlier call" in str(caught(calls.run, "k", lambda: "never", Deadline(1000)))


def test_calls_in_lanes_run_beside_each_other() -> None:
    """Each of three waits until all are there; a fourth takes the lane that is free first."""
    calls, together, first = BoundedCalls(), threading.Barrier(3), threading.Event()

    def call(order: int) -> int:
        together.wait(PATIENCE)
        if order:
            first.wait(PATIENCE)
        return order

    ahead = [
        beside(lambda n=n: calls.run("k", lambda: call(n), Deadline(PATIENCE), lanes=3))
        for n in range(3)
    ]
    assert "mine" == calls.run("k", lambda: "mine", Deadline(PATIENCE), lanes=3)
    first.set()
    assert [0, 1, 2] == [future.result(PATIENCE) for future in ahead]


def test_a_lane_that_hangs_leaves_the_others_open(gate) -> None:
    """Only when all hang does a call fail at once."""
    calls = BoundedCalls()
    caught(calls.run, "k", gate.pass_through, Deadline(SOON), lanes=2)
    assert "mine" == calls.run("k", lambda: "mine", Deadline(PATIENCE), lanes=2)
    caught(calls.run, "k", gate.pass_through, Deadline(SOON), lanes=2)
    assert "earlier call" in str(caught(calls.run, "k", lambda: 1, Deadline(1000), lanes=2))


def test_a_deadline_that_is_over_starts_nothing() -> None:
    """No prompt shall pop up for a caller that has left."""
    clock = FakeClock()
    deadline = Deadline(1, clock=clock)
    clock.advance(2)
    called: list[int] = []
    error = caught(BoundedCalls().run, "k", lambda: called.append(1), deadline)
    assert type(error) is ProviderUnavailableError
    assert called == []


def test_a_process_without_threads_left_gets_a_typed_error(monkeypatch) -> None:
    """And the key is free again."""
    calls = BoundedCalls()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _cannot_start)
        error = caught(calls.run, "k", lambda: 1, Deadline(PATIENCE))
    assert type(error) is ProviderUnavailableError
    assert calls.run("k", lambda: 1, Deadline(PATIENCE)) == 1


def _cannot_start(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_starts_clean(gate) -> None:
    """The thread that hangs in the parent does not exist there."""
    calls = BoundedCalls()
    caught(calls.run, "k", gate.pass_through, Deadline(SOON))
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process
        try:  # whatever happens, the child must not go on as a second pytest
            os._exit(0 if calls.run("k", lambda: 7, Deadline(PATIENCE)) == 7 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


def test_a_hung_call_does_not_hold_up_the_end_of_the_process() -> None:
    """Its thread is a daemon."""
    import subprocess

    program = (
        "import threading\n"
        "from binance_creds.providers import Deadline\n"
        "from binance_creds._threads._bounded_calls import BoundedCalls\n"
        "try: BoundedCalls().run('k', threading.Event().wait, Deadline(0.05))\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0
    assert b"no answer in time" in done.stdout
    assert done.stderr == b""
