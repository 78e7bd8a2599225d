"""A program is ended with all that it started, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from pathlib import Path

import pytest
from support import caught, child, token
from waiting import LONG, PATIENCE, timed, wait_for

from binance_creds import aload_credentials
from binance_creds.errors import MalformedSecretError, ProviderUnavailableError
from binance_creds.providers import Deadline
from binance_creds.providers.command import _process

pytestmark = pytest.mark.unmeasured

PAIR = {"api_key": token(), "api_secret": token()}
# It starts a child that ignores SIGTERM and keeps the pipe, writes both numbers, and waits.
FAMILY = """
(trap '' TERM; while :; do sleep 60; done) &
echo $$ $! > {data}
wait
"""


def numbers_in(path) -> list[int]:
    wait_for(lambda: len(path.read_text().split()) == 2, "the start of the program")
    return [int(number) for number in path.read_text().split()]


def is_running(number: int) -> bool:
    """Return whether a process runs; one that nobody has reaped yet does not."""
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # it may end between open and read
        return False


def children() -> set[str]:
    """Return the children of this process, also those that nobody has reaped yet."""
    lists = Path("/proc/self/task").glob("*/children")
    return {number for each in lists for number in each.read_text().split()}


def assert_gone(numbers: list[int]) -> None:
    wait_for(lambda: not any(map(is_running, numbers)), "the end of all processes")


def over_once_written(path, seconds: float = 1.0) -> Deadline:
    """Return a deadline that is over as soon as the program has begun, however busy the machine."""
    return Deadline(seconds, clock=lambda: 2 * seconds * bool(path.read_text()))


def test_the_deadline_ends_grandchildren_too(programs) -> None:
    """Also one that ignores SIGTERM; and the caller waits for no more than a moment."""
    programs.script("family", FAMILY)
    data = programs.folder / "family.data"
    with timed() as took:
        error = caught(programs.provider("family").fetch, over_once_written(data))
    assert ProviderUnavailableError is type(error)
    assert took.fair < 2.0
    assert_gone(numbers_in(data))


def test_a_program_may_tidy_up_first(programs, monkeypatch) -> None:
    """SIGTERM comes before SIGKILL, and the end is not waited for longer than it takes."""
    monkeypatch.setattr(_process, "LONGEST_GRACE_SECONDS", PATIENCE)
    programs.script(
        "tidy",
        "trap 'echo bye > {data}; exit 0' TERM; echo x > {data}; while :; do sleep 0.01; done",
    )
    data = programs.folder / "tidy.data"
    caught(programs.provider("tidy").fetch, over_once_written(data, 10 * PATIENCE))
    assert data.read_text() == "bye\n"


def test_a_process_that_keeps_the_pipe_is_not_waited_for(programs) -> None:
    """As an agent that a program starts: the program's own end counts. It is left alone."""
    programs.script(
        "agent", "sleep 600 & echo $! $! > {data}; echo '%s'" % __import__("json").dumps(PAIR)
    )
    provider = programs.provider("agent")
    raw = provider.fetch(Deadline(PATIENCE))
    left = numbers_in(programs.folder / "agent.data")[0]
    try:
        assert {n: s.reveal() for n, s in raw.fields.items()} == PAIR
        assert is_running(left)
    finally:
        os.kill(left, signal.SIGKILL)


def test_a_program_that_closes_its_output_and_goes_on_is_ended(programs) -> None:
    programs.script("mute", "echo $$ $$ > {data}; exec >&-; exec sleep 600")
    data = programs.folder / "mute.data"
    error = caught(programs.provider("mute").fetch, over_once_written(data))
    assert ProviderUnavailableError is type(error)
    assert_gone(numbers_in(data))


def test_what_prints_without_end_is_ended(programs) -> None:
    programs.script("endless", "echo $$ $$ > {data}; exec yes")
    assert MalformedSecretError is type(
        caught(programs.provider("endless").fetch, Deadline(PATIENCE))
    )
    assert_gone(numbers_in(programs.folder / "endless.data"))


def test_slow_output_in_pieces_is_whole(programs) -> None:
    programs.script("slow", "printf 'BINANCE_API'; sleep 0.05; echo _KEY=%s" % PAIR["api_key"])
    raw = programs.provider("slow").fetch(Deadline(PATIENCE))
    assert raw.fields["api_key"].reveal() == PAIR["api_key"]


def test_an_interrupt_ends_the_program(programs, monkeypatch) -> None:
    """Ctrl-C while it waits for an answer."""
    programs.script("family", FAMILY)
    data = programs.folder / "family.data"

    def interrupted(_self, _seconds) -> None:
        numbers_in(data)
        raise KeyboardInterrupt

    monkeypatch.setattr(_process.Run, "wait", interrupted)
    monkeypatch.setattr(_process.Run, "await_silence", lambda _self: None)
    assert KeyboardInterrupt is type(caught(programs.provider("family").fetch, Deadline(PATIENCE)))
    assert_gone(numbers_in(data))


def test_no_zombie_and_no_descriptor_is_left(programs) -> None:
    programs.script("show", "echo x")
    programs.script("family", FAMILY)
    gc.collect()
    before, others = len(os.listdir("/proc/self/fd")), children()
    for _ in range(3):
        programs.provider("show").fetch(Deadline(PATIENCE))
        caught(programs.provider("family").fetch, Deadline(0.3))
    assert children() <= others
    assert len(os.listdir("/proc/self/fd")) <= before  # what others left may be closed meanwhile


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_process_that_the_kernel_does_not_end_is_left(programs, monkeypatch) -> None:
    """Such as one that waits for a file server: nobody waits for it longer than a moment."""
    programs.script("show", "exec sleep 600")
    started = []
    monkeypatch.setattr(_process, "REAP_SECONDS", 0.01)
    monkeypatch.setattr(
        _process, "signal_group", lambda group, number: started.append((group, number))
    )
    error = caught(programs.provider("show").fetch, Deadline(0.3))
    monkeypatch.undo()
    assert ProviderUnavailableError is type(error)
    (group, _), _ = started
    os.killpg(group, signal.SIGKILL)
    wait_for(lambda: not is_running(group), "its end")
    gc.collect()


def test_a_group_that_is_gone_or_of_another_user_is_no_error(monkeypatch) -> None:
    for kind in (ProcessLookupError, PermissionError):

        def refused(*_, kind=kind):
            raise kind

        monkeypatch.setattr(os, "killpg", refused)
        _process.signal_group(1, signal.SIGTERM)


def test_the_exit_ends_what_this_process_has_started(monkeypatch) -> None:
    """And not what a parent has, which forked it."""
    ended = []
    monkeypatch.setattr(_process, "RUNNING", {11: os.getpid(), 12: os.getppid()})
    monkeypatch.setattr(_process, "signal_group", lambda *signalled: ended.append(signalled))
    _process.end_all()
    assert [(11, signal.SIGKILL)] == ended


CONFIG = """
import asyncio, os, sys, threading, time
from binance_creds import aload_credentials, load_credentials
config = {"commands": {"main": {"argv": [sys.argv[1] if sys.argv[1:] else os.environ["PROGRAM"]]}}}
"""


def test_the_exit_of_the_interpreter_ends_the_program(programs) -> None:
    """A thread that waits for it is a daemon."""
    path = programs.script("family", FAMILY)
    code = (
        CONFIG
        + """
load = lambda: load_credentials("command:main", config=config, timeout_seconds=600)
threading.Thread(target=load, daemon=True).start()
while len(open(os.environ["PROGRAM"] + ".data").read().split()) != 2: time.sleep(0.01)
"""
    )
    with child(code, PROGRAM=str(path)) as process:
        assert process.wait(PATIENCE) == 0
    assert_gone(numbers_in(programs.folder / "family.data"))


def test_the_exit_of_a_forked_child_leaves_the_parents_program_alone(programs) -> None:
    path = programs.script(
        "show",
        "while [ ! -e {data}.go ]; do sleep 0.02; done; echo BINANCE_API_KEY=%s; echo BINANCE_API_SECRET=%s; echo $$ > {data}"
        % (*PAIR.values(),),
    )
    code = (
        CONFIG
        + """
import warnings; warnings.simplefilter("ignore")
found = []
load = lambda: found.append(load_credentials("command:main", config=config, timeout_seconds=600))
thread = threading.Thread(target=load)
thread.start()
from binance_creds.providers.command import _process
while not _process.RUNNING: time.sleep(0.01)
if os.fork() == 0: sys.exit(0)
os.wait()
open(os.environ["PROGRAM"] + ".data.go", "w").close()
thread.join()
print(len(found))
"""
    )
    with child(code, PROGRAM=str(path)) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (out, err) == ("1\n", "")


def test_a_forked_child_runs_its_own(programs) -> None:
    path = programs.script("show", "cat {data}", PAIR)
    code = (
        CONFIG
        + """
first = load_credentials("command:main", config=config)
if os.fork() == 0:
    again = load_credentials("command:main", config=config, fresh=True)
    os._exit(again.fingerprint != first.fingerprint)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    )
    with child(code, PROGRAM=str(path)) as process:
        assert process.communicate(timeout=PATIENCE) == ("0\n", "")


def test_tasks_go_on_while_a_program_runs(programs) -> None:
    """And one that is cancelled is gone at once; a thread goes on until the program ends."""
    config = {"commands": {"main": {"argv": [str(programs.script("family", FAMILY))]}}}
    data = programs.folder / "family.data"
    others = set(threading.enumerate())

    async def main() -> None:
        load = aload_credentials("command:main", config=config, timeout_seconds=LONG)
        task = asyncio.create_task(load)
        while len(data.read_text().split()) != 2:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    numbers = numbers_in(data)
    assert is_running(numbers[0])
    os.killpg(numbers[0], signal.SIGKILL)
    assert_gone(numbers)
    wait_for(lambda: set(threading.enumerate()) <= others)


def test_a_thousand_open_files_are_no_obstacle(programs) -> None:
    """`select` would refuse a descriptor above 1,023."""
    code = (
        CONFIG
        + """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (2000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
print(load_credentials("command:main", config=config).key_type.value)
"""
    )
    path = programs.script("show", "sleep 0.1; cat {data}", PAIR)
    with child(code, PROGRAM=str(path)) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (out.lower(), err) == ("hmac\n", "")
