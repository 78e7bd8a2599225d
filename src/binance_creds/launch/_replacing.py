"""Become another program: no process is left that could lose a signal or outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["replace_process"]

CAN_REPLACE: Final = os.name != "nt"


def replace_process(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Replace this process by a program; does not return where the system can do that.

    On Windows, where it cannot (bpo-45461), the program runs as a child, and its exit code is
    returned; Ctrl-C is the child's to handle.

    Raises:
        OSError: the program does not exist (`FileNotFoundError`), or cannot be run.
    """
    if not CAN_REPLACE:
        return _run_child(argv, environ)
    # Python ignores these two, and a program would inherit that.
    ignored = [
        number
        for number in (signal.SIGPIPE, signal.SIGXFSZ)
        if signal.getsignal(number) is signal.SIG_IGN
    ]
    try:
        for number in ignored:
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(argv[0], list(argv), dict(environ))  # noqa: S606  # that is what it is for
    finally:  # only where there is no such program
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def _run_child(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(list(argv), env=dict(environ)) as child:  # noqa: S603  # as above
            return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
