"""The interpreter's hooks for what nobody catches, and the text of warnings.

asyncio's handler logs, and so needs nothing here.
"""

from __future__ import annotations

import sys
import threading
import warnings
from functools import wraps
from typing import TYPE_CHECKING, Any

from binance_creds.redact._stderr import clean_stderr
from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.redact._change import Change

__all__ = ["redact_uncaught"]


def redact_uncaught(change: Change) -> None:
    """Redact what the hooks that are there now write to stderr."""
    change.replace(sys, "excepthook", _hook)
    change.replace(sys, "unraisablehook", _hook)
    change.replace(threading, "excepthook", _hook)
    change.replace(warnings, "formatwarning", _format)


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
