"""Run a program: no shell, no input, a process group of its own, and an end at the deadline."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from io import FileIO
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._threads._fork import hold_while_forking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from binance_creds._time._deadline import Deadline

__all__ = ["Ended", "run"]

LONGEST_GRACE_SECONDS: Final = 1.0  # between SIGTERM and SIGKILL; a tenth of a short deadline
REAP_SECONDS: Final = 1.0  # a process that the kernel does not end, such as on a dead NFS mount
_SHORTEST_PAUSE_SECONDS: Final = 0.005  # until the next look whether the program has ended
_LONGEST_PAUSE_SECONDS: Final = 0.1


class Ended(NamedTuple):
    """How a program ended.

    Attributes:
        output: what it printed; the caller wipes it.
        code: its exit code, negative for a signal; `None` where the deadline ended it.
        is_too_large: whether it printed more than was allowed.
    """

    output: bytearray
    code: int | None
    is_too_large: bool = False


def run(
    argv: Sequence[str], environ: Mapping[str, str], deadline: Deadline, *, largest_bytes: int
) -> Ended:
    """Run a program, and return how it ended; blocks until the deadline at most.

    The program reads nothing, has no terminal, and what it writes to standard error goes nowhere.
    Its end is the end of the call, also where a process that it left behind keeps the pipe open.
    At the deadline, at too much output, at an interrupt and at the exit of this process, its whole
    process group gets SIGTERM and then SIGKILL.

    Raises:
        OSError: it cannot be started.
    """
    process = _started(argv, environ)
    try:
        return Run(process, deadline, largest_bytes).ended()
    finally:
        RUNNING.pop(process.pid, None)


def _started(argv: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with _LOCK:
        process = subprocess.Popen(  # noqa: S603  # the argv of a configuration that was named
            argv,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,  # a group to end, and no terminal to prompt on
        )
        RUNNING[process.pid] = os.getpid()
    return process


class Run:
    """One program that runs."""

    def __init__(
        self, process: subprocess.Popen[bytes], deadline: Deadline, largest_bytes: int
    ) -> None:
        assert isinstance(process.stdout, FileIO)  # noqa: S101  # a pipe without a buffer
        self._process, self._deadline = process, deadline
        self._pipe = process.stdout
        self._buffer = bytearray(largest_bytes + 1)
        self._filled = 0
        self._is_open = True
        self._grace_seconds = min(LONGEST_GRACE_SECONDS, deadline.seconds / 10)

    def ended(self) -> Ended:
        """Return how it ended; nothing of its group is left if that was not by itself."""
        try:
            code = self._code()
            return Ended(self._buffer[: self._filled], code, is_too_large=self._is_full)
        finally:
            if self._process.returncode is None:
                self._end_group()
            self._buffer[:] = bytes(len(self._buffer))
            self._pipe.close()

    @property
    def _is_full(self) -> bool:
        return self._filled == len(self._buffer)

    def _code(self) -> int | None:
        """Read until the program has ended; `None` where it has not in time."""
        os.set_blocking(self._pipe.fileno(), False)
        pause = _SHORTEST_PAUSE_SECONDS
        while not self._is_full and (left := self._seconds_left) > 0:
            code = self._process.poll()
            is_news = self._read()  # after `poll`: of a program that has ended, this is all
            if code is not None:
                return code
            pause = _SHORTEST_PAUSE_SECONDS if is_news else min(2 * pause, _LONGEST_PAUSE_SECONDS)
            self.wait(min(pause, left))
        return self._process.returncode

    @property
    def _seconds_left(self) -> float:
        return self._deadline.remaining_seconds - self._grace_seconds

    def _read(self) -> bool:
        """Take all that is there; return whether there was anything."""
        before = self._filled
        with memoryview(self._buffer) as view:
            while self._is_open and not self._is_full:
                with view[self._filled :] as free:
                    count = self._pipe.readinto(free)
                if count is None:  # nothing now
                    break
                self._is_open = count > 0
                self._filled += count
        return self._filled > before

    def wait(self, seconds: float) -> None:
        """Wait for output, or for the end of a program that has closed it."""
        if self._is_open:
            poll = select.poll()
            poll.register(self._pipe, select.POLLIN)
            poll.poll(seconds * 1000)
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def _end_group(self) -> None:
        """End the program and all that it started; its number stays taken until it is reaped."""
        signal_group(self._process.pid, signal.SIGTERM)
        self.await_silence()
        signal_group(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(REAP_SECONDS)

    def await_silence(self) -> None:
        """Wait until all have closed the pipe, but no longer than a moment."""
        ends_at = time.monotonic() + self._grace_seconds
        while self._is_open and (left := ends_at - time.monotonic()) > 0:
            self.wait(left)
            self._filled = 0  # nobody reads what it still prints
            self._read()


def signal_group(group: int, number: signal.Signals) -> None:
    # It has ended, or is of another user, as sudo makes it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


RUNNING: Final[dict[int, int]] = {}  # the process groups, each with the process that started it
_LOCK: Final = threading.Lock()  # from the start of a program until it is among them
hold_while_forking(_LOCK)


@atexit.register
def end_all() -> None:
    """End what threads that end with this process have left running."""
    with _LOCK:
        for group, starter in RUNNING.items():
            if starter == os.getpid():  # not those of a parent that has forked
                signal_group(group, signal.SIGKILL)
