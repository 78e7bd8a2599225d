"""rich: its tracebacks cut values, and break lines wherever the terminal ends."""

from __future__ import annotations

import sys
from functools import wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from binance_creds.redact._libraries._on_import import when_imported
from binance_creds.redact._shown import shown
from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from binance_creds.redact._change import Change

__all__ = ["redact_rich"]


def redact_rich() -> Callable[[], None]:
    """Redact the tracebacks of rich, now or once it is imported, and return what undoes it."""
    return when_imported("rich.traceback", _apply)


def _apply(change: Change) -> None:
    traceback = sys.modules["rich.traceback"]
    change.replace(traceback.Traceback, "extract", _extracting)
    change.replace(traceback, "pretty", _showing)
    for name in {"linecache"} & {*vars(traceback)}:  # which older versions do not use
        change.replace(traceback, name, _reading)


def _extracting(extract: Callable[..., Any]) -> Callable[..., Any]:
    """Redact the texts of the exceptions; the values of variables are redacted one by one."""

    @wraps(extract)
    def extract_redacted(*arguments: Any, **options: Any) -> Any:
        trace = extract(*arguments, **options)
        for stack in trace.stacks:
            stack.exc_value = redacted(stack.exc_value)
            stack.notes = [redacted(note) for note in getattr(stack, "notes", ())]
            if stack.syntax_error is not None:
                stack.syntax_error.line = redacted(stack.syntax_error.line)
        return trace

    return extract_redacted


def _showing(pretty: ModuleType) -> SimpleNamespace:
    def traverse(value: object, **options: Any) -> Any:
        return pretty.traverse(shown(value), **options)

    return SimpleNamespace(**vars(pretty) | {"traverse": traverse})


def _reading(linecache: ModuleType) -> SimpleNamespace:
    def getlines(*arguments: Any) -> list[str]:
        return [redacted(line) for line in linecache.getlines(*arguments)]

    return SimpleNamespace(**vars(linecache) | {"getlines": getlines})
