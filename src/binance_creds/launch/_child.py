"""`Child`: a program that runs, with all that it has started in its group."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Child"]


class Child:
    """Start a program. Signals that Python or whoever started this process ignores are restored.

    Args:
        argv: the program, looked up in `PATH`, and its arguments.
        environ: all of its variables.
        has_own_group: whether it leads a process group, which signals go to.

    Attributes:
        pid: of the program.
        exit_code: once it has ended; 128 and the signal's number where a signal ended it.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], environ: Mapping[str, str], *, has_own_group: bool
    ) -> None:
        self._has_own_group = has_own_group
        names = ("HUP", "INT", "PIPE", "QUIT", "TERM", "XFSZ")
        restored = [getattr(signal, f"SIG{name}") for name in names]
        spawn = partial(os.posix_spawnp, setpgroup=0) if has_own_group else os.posix_spawnp
        self.pid = spawn(argv[0], list(argv), dict(environ), setsigdef=restored, setsigmask=[])
        self.exit_code: int | None = None

    def send(self, number: int) -> None:
        """Send a signal to the program and its group, also to what is left of that."""
        if self.exit_code is None or self.has_descendants():
            with suppress(ProcessLookupError):
                (os.killpg if self._has_own_group else os.kill)(self.pid, number)

    def catches(self, number: int) -> bool:
        """Return whether the program handles a signal, where the system tells (Linux)."""
        try:
            with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as file:
                caught = next(line for line in file if line.startswith("SigCgt:"))
        except (OSError, StopIteration):
            return False
        return bool(int(caught.split()[1], 16) >> (number - 1) & 1)

    def reap(self) -> None:
        """Take the exit codes of all children that have ended; as process 1, of orphans too."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    code = os.waitstatus_to_exitcode(status)
                    self.exit_code = code if code >= 0 else 128 - code

    def has_descendants(self) -> bool:
        """Return whether a process of its group is left."""
        if not self._has_own_group:
            return False
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
