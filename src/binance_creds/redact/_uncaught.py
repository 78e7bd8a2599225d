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

from binance_creds.redact._stderr import clean_stderr
from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.redact._change import Change

__all__ = ["redact_uncaught"]


def redact_uncaught(change: Change) -> None:
    """Redact what the hooks that are there now write to stderr, and what tracebacks show."""
    change.replace(sys, "excepthook", _hook)
    change.replace(sys, "unraisablehook", _hook)
    change.replace(threading, "excepthook", _hook)
    change.replace(warnings, "formatwarning", _format)
    # Which `traceback.print_exc()` and `format_exc()` give, wherever a program writes them.
    change.replace(traceback.TracebackException, "format", _lines)
    change.replace(traceback.TracebackException, "format_exception_only", _lines)


def _hook(hook: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(hook)
    def hook_redacted(*arguments: Any) -> None:
        with clean_stderr():
            hook(*arguments)

    return hook_redacted


def _format(make: Callable[..., str]) -> Callable[..., str]:
    @wraps(make)
    def format_redacted(*arguments: Any, **options: Any) -> str:
        return redacted(make(*arguments, **options))

    return format_redacted


def _lines(make: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
    @wraps(make)
    def redacted_lines(*arguments: Any, **options: Any) -> Iterator[str]:
        yield from map(redacted, make(*arguments, **options))

    return redacted_lines
