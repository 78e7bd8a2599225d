"""loguru: every sink, those there and those to come, gets what is redacted.

A patcher does not suffice: `logger.patch()` adds to the record after it, and with `diagnose=True`
the values of variables are cut to 128 characters before any sink sees them.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from binance_creds.redact._libraries._on_import import when_imported
from binance_creds.redact._python._stderr import cleaning_stderr
from binance_creds.redact._shown import shown
from binance_creds.redact._text import redacted
from binance_creds.redact._values import giving_redacted, redacted_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.redact._change import Change

__all__ = ["redact_loguru"]


def redact_loguru() -> Callable[[], None]:
    """Redact what loguru writes, now or once it is imported, and return what undoes it."""
    return when_imported("loguru", _apply)


def _apply(change: Change) -> None:
    from loguru import _better_exceptions, _error_interceptor, _handler  # noqa: PLC0415  # optional

    change.replace(_handler.Handler, "emit", _emitting)
    change.replace(_handler.Handler, "_serialize_record", giving_redacted)
    formatter = _better_exceptions.ExceptionFormatter
    change.replace(formatter, "_format_value", _showing)
    change.replace(formatter, "format_exception", _giving_lines)
    change.replace(_error_interceptor.ErrorInterceptor, "print", cleaning_stderr)


def _emitting(emit: Callable[..., None]) -> Callable[..., None]:
    @wraps(emit)
    def emit_redacted(handler: Any, record: dict[str, Any], *rest: Any) -> None:
        clean = record | {
            "message": redacted(record["message"]),
            "extra": redacted_value(record["extra"]),
        }
        emit(handler, clean, *rest)

    return emit_redacted


def _showing(make: Callable[..., str]) -> Callable[..., str]:
    @wraps(make)
    def format_redacted(formatter: Any, value: object) -> str:
        return make(formatter, shown(value))

    return format_redacted


def _giving_lines(make: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
    @wraps(make)
    def redacted_lines(*arguments: Any, **options: Any) -> Iterator[str]:
        yield redacted("".join(make(*arguments, **options)))

    return redacted_lines
