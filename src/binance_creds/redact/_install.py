"""`install_redaction`: everything that needs no word of the program."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from binance_creds._threads._fork import hold_while_forking
from binance_creds.redact._change import Change
from binance_creds.redact._libraries._cgitb import redact_cgitb
from binance_creds.redact._libraries._loguru import redact_loguru
from binance_creds.redact._libraries._notebooks import redact_notebooks
from binance_creds.redact._libraries._rich import redact_rich
from binance_creds.redact._libraries._structlog import redact_structlog
from binance_creds.redact._python._records import redact_logging
from binance_creds.redact._python._streams import redact_streams
from binance_creds.redact._python._uncaught import redact_uncaught

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install_redaction"]


def install_redaction(*, streams: bool = False) -> Callable[[], None]:
    """Keep the secrets of this process out of what it logs, warns of and crashes with.

    Covered are handlers of logging, those that are there and those to come; warnings; what nobody
    catches, in each thread, in destructors and in asyncio; structlog, loguru and the tracebacks of
    rich, imported before or after. For Sentry and OpenTelemetry see the modules of that name.

    Secrets are those of credentials that this process has loaded, before or after; signatures, API
    keys in headers, listen keys and private keys also without. Twice is fine. Threads may call it.

    Args:
        streams: also redact what is written to `sys.stdout` and `sys.stderr`, as `print` does, and
            what notebooks show. What is written waits for the end of its line, or for `flush`.

    Returns:
        What undoes it; with the last one everything is as it was.
    """
    undo = [_EVERYTHING.add(), *([_STREAMS.add()] if streams else [])]

    def undo_all() -> None:
        while undo:
            undo.pop()()

    return undo_all


class _Once:
    """Something that is done for the first who asks for it, and undone for the last."""

    def __init__(self, apply: Callable[[], Callable[[], None]]) -> None:
        self._apply: Final = apply
        self._lock: Final = threading.Lock()  # guards all below
        self._count = 0
        self._undo: Callable[[], None] | None = None
        hold_while_forking(self._lock)

    def add(self) -> Callable[[], None]:
        with self._lock:
            if self._undo is None:
                self._undo = self._apply()
            self._count += 1
        return self._remove

    def _remove(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0 and self._undo is not None:
                self._undo()
                self._undo = None


def _change_everything() -> Callable[[], None]:
    change = Change()
    redact_logging(change)
    redact_uncaught(change)
    libraries = [redact_cgitb(), redact_loguru(), redact_rich(), redact_structlog()]

    def undo() -> None:
        for undo_library in libraries:
            undo_library()
        change.undo()

    return undo


def _change_streams() -> Callable[[], None]:
    change = Change()
    write_rest = redact_streams(change)
    undo_notebooks = redact_notebooks()

    def undo() -> None:
        undo_notebooks()
        change.undo()
        write_rest()

    return undo


_EVERYTHING: Final = _Once(_change_everything)
_STREAMS: Final = _Once(_change_streams)
