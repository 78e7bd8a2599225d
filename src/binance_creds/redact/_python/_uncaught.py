"""The interpreter's hooks for what nobody catches, and the texts of tracebacks and warnings.

asyncio's handler logs, and so needs nothing here.
"""

from __future__ import annotations

import sys
import threading
import traceback
import warnings
from functools import wraps
from typing import TYPE_CHECKING, Any

from binance_creds.redact._python._stderr import cleaning_stderr
from binance_creds.redact._text import redacted
from binance_creds.redact._values import giving_redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.redact._change import Change

__all__ = ["redact_uncaught"]


def redact_uncaught(change: Change) -> None:
    """Redact what the hooks that are there now write to stderr, and what tracebacks show."""
    change.replace(sys, "excepthook", cleaning_stderr)
    change.replace(sys, "unraisablehook", cleaning_stderr)
    change.replace(threading, "excepthook", cleaning_stderr)
    change.replace(warnings, "formatwarning", giving_redacted)
    # Which `traceback.print_exc()` and `format_exc()` give, wherever a program writes them.
    change.replace(traceback.TracebackException, "format", _lines)
    change.replace(traceback.TracebackException, "format_exception_only", _lines)


def _lines(make: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
    @wraps(make)
    def redacted_lines(*arguments: Any, **options: Any) -> Iterator[str]:
        yield from map(redacted, make(*arguments, **options))

    return redacted_lines
