"""Which process this is, in a way that another one can check."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from contextlib import suppress
from typing import Final

__all__ = ["is_running", "machine", "started"]

_ENDED: Final = frozenset("ZX")  # states of a process that is only waited for: proc(5)


def machine() -> str:
    """Return what tells machines apart, and containers of one machine: 8 hex digits.

    Process numbers mean the same to all that have it; it outlasts a new start of the machine.
    """
    parts = [socket.gethostname()]
    with suppress(OSError), open("/etc/machine-id", encoding="ascii", errors="replace") as file:
        parts.append(file.read(64))
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def started(pid: int) -> int | None:
    """Return when a process of this machine began, in ticks; `None` where no system says."""
    fields = _fields(pid)
    return None if fields is None else int(fields[19])


def is_running(pid: int, began: int | None) -> bool:
    """Return whether a process of this machine still runs; true where nobody can say.

    Args:
        pid: its number.
        began: what `started` gave in it: a number is given again to another process.
    """
    if os.path.exists("/proc/self/stat"):
        fields = _fields(pid)
        return fields is not None and fields[0] not in _ENDED and began in {None, int(fields[19])}
    if sys.platform == "win32":  # pragma: no cover  # os.kill would end it
        return True
    return _answers(pid)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _fields(pid: int) -> list[str] | None:
    """Return what stands behind the name of a process, which may have blanks and brackets."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None
