"""Run our command line in a fork of this process, which has imported all of it already.

It is a process as a user's own, with its streams, its terminal, its signals and its exit code, and
it begins in a tenth of the time.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from typing import IO

import measuring

from binance_creds.cli import main

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STREAMS = {"stdin": "r", "stdout": "w", "stderr": "w"}


def run(
    words: list[str],
    *,
    given: str = "",
    environ: Mapping[str, str] | None = None,
    output: int | IO[str] = subprocess.PIPE,
):
    """Run a command without a terminal, and return how it ended."""
    with _allowed():
        return subprocess.run(
            [sys.executable], preexec_fn=_command(words, environ), input=given, stdout=output,
            stderr=subprocess.PIPE, text=True, timeout=60, start_new_session=True, check=False,
        )  # fmt: skip


def spawn(words: list[str], *, environ: Mapping[str, str] | None = None, columns: int = 80):
    """Run a command on a terminal of its own, and return it as pexpect has it."""
    import pexpect

    with _allowed():
        return pexpect.spawn(
            sys.executable, preexec_fn=_command(words, environ),
            dimensions=(24, columns), encoding="utf-8", timeout=60,
        )  # fmt: skip


@contextmanager
def _allowed():
    """Fork although there are threads, which Python 3.12 warns of: none of them is used there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _command(words: list[str], environ: Mapping[str, str] | None) -> Callable[[], None]:
    """Return what a fork runs instead of a program; it does not return."""
    files = list(map(int, os.listdir("/dev/fd")))

    def run() -> None:
        code = 1
        try:
            _leave(files)
            _begin(os.environ if environ is None else environ)
            code = main(list(map(str, words)))
        except BaseException:
            traceback.print_exc()
        finally:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # what it ended with is decided
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):
                    stream.flush()
            measuring.save()
            os._exit(code)

    return run


def _leave(files: list[int]) -> None:
    """Close the files of the tests; whoever forked waits for the end of a pipe.

    Their numbers stay taken: what still has one would otherwise write into a file of the command.
    """
    os.closerange(3, 1024)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in files:
        if number > 2:
            os.dup2(nowhere, number)


def _begin(environ: Mapping[str, str]) -> None:
    """Have streams, variables, and handlers of signals and logs as a new process has them."""
    for number, (name, mode) in enumerate(_STREAMS.items()):
        setattr(sys, name, open(number, mode, encoding="utf-8"))
    for number in _SIGNALS:
        is_interrupt = number == signal.SIGINT
        signal.signal(number, signal.default_int_handler if is_interrupt else signal.SIG_DFL)
    logging.getLogger().handlers.clear()
    given = dict(environ)
    os.environ.clear()
    os.environ.update(given)
