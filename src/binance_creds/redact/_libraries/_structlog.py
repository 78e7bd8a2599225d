"""structlog: what leaves the chain of processors, and the values that its tracebacks show."""

from __future__ import annotations

from functools import wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from binance_creds.redact._libraries._on_import import when_imported
from binance_creds.redact._shown import shown
from binance_creds.redact._values import giving_redacted, redacted_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.redact._change import Change

__all__ = ["processor", "redact_structlog"]

_Event = TypeVar("_Event")


def processor(logger: object, method_name: str, event: _Event) -> _Event:
    """Redact an event: a processor for structlog.

    Put it before the renderer, and again after a renderer that formats exceptions itself, as
    `ConsoleRenderer` does. `install_redaction()` does both for every logger.
    """
    del logger, method_name
    redacted: _Event = redacted_value(event)
    return redacted


def redact_structlog() -> Callable[[], None]:
    """Redact what structlog gives out, now or once it is imported, and return what undoes it."""
    return when_imported("structlog", _apply)


def _apply(change: Change) -> None:
    from structlog import _base, tracebacks  # noqa: PLC0415  # optional

    change.replace(_base.BoundLoggerBase, "_process_event", _processing)
    change.replace(tracebacks, "to_repr", _showing)
    change.replace(tracebacks.ExceptionDictTransformer, "__call__", giving_redacted)


def _processing(process: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(process)
    def process_redacted(logger: Any, *event: Any) -> Any:
        *first, last = logger._processors or [_as_it_is]  # noqa: SLF001  # the method is private too
        chain = SimpleNamespace(
            _context=logger._context,  # noqa: SLF001
            _logger=logger._logger,  # noqa: SLF001
            _processors=[*first, processor, last, processor],
        )
        return process(chain, *event)

    return process_redacted


def _as_it_is(logger: object, method_name: str, event: Any) -> Any:
    del logger, method_name
    return event


def _showing(make: Callable[..., str]) -> Callable[..., str]:
    @wraps(make)
    def to_repr(value: object, *limits: Any, **more_limits: Any) -> str:
        return make(shown(value), *limits, **more_limits)

    return to_repr
