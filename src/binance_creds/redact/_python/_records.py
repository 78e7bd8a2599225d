"""Records of stdlib logging: what a handler is given, and what it has formatted."""

from __future__ import annotations

import logging
import operator
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from binance_creds.redact._python._arguments import redact_named_arguments, redacted_template
from binance_creds.redact._python._stderr import cleaning_stderr
from binance_creds.redact._shown import shown
from binance_creds.redact._text import FAILED, redacted
from binance_creds.redact._values import giving_redacted, redacted_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.redact._change import Change

__all__ = ["redact_logging"]

# What every record has; the rest is `extra`.
_USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact_logging(change: Change) -> None:
    """Have every handler get redacted records and give redacted text, now and later.

    A filter on the root logger never sees the records of other loggers.
    """
    # Which gives a record to handlers, also to those that do not use what `Handler` has.
    change.replace(logging.Logger, "callHandlers", _calling)
    change.replace(logging.Handler, "handle", _handling)  # of a record that comes from elsewhere
    change.replace(logging.Handler, "format", giving_redacted)
    change.replace(logging.Handler, "handleError", cleaning_stderr)


class _Latest(threading.local):
    """What a thread has redacted last, as long as handlers get it."""

    record: logging.LogRecord | None = None
    parts: list[object] = []  # noqa: RUF012  # never changed, only replaced


_LATEST: Final = _Latest()


def _calling(call: Callable[..., Any]) -> Callable[..., Any]:
    """Redact once for all handlers."""

    @wraps(call)
    def call_redacted(logger: logging.Logger, record: logging.LogRecord) -> Any:
        outer = _LATEST.record, _LATEST.parts  # a handler may log
        try:
            _redact_or_hide(record)
            _LATEST.record, _LATEST.parts = record, _parts(record)
            return call(logger, record)
        finally:
            _LATEST.record, _LATEST.parts = outer

    return call_redacted


def _handling(handle: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handle)
    def handle_redacted(handler: logging.Handler, record: logging.LogRecord) -> Any:
        if _LATEST.record is not record or not _is_same(_LATEST.parts, _parts(record)):
            _redact_or_hide(record)
        return handle(handler, record)

    return handle_redacted


def _parts(record: logging.LogRecord) -> list[object]:
    """Return what is redacted of a record: a filter of a handler may have changed it since."""
    given = [value for name, value in vars(record).items() if name not in _USUAL]
    return [record.msg, record.args, record.exc_text, record.stack_info, *given]


def _is_same(some: list[object], others: list[object]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


def _redact_or_hide(record: logging.LogRecord) -> None:
    try:
        _redact(record)
    except Exception:  # noqa: BLE001  # the program goes on, and the record is not shown
        _hide(record)


def _hide(record: logging.LogRecord) -> None:
    """Leave nothing of what the program gave: a handler may write any of it."""
    record.msg, record.args = FAILED, None
    record.exc_info = record.exc_text = record.stack_info = None
    for name in vars(record).keys() - _USUAL:
        setattr(record, name, FAILED)


def _redact(record: logging.LogRecord) -> None:
    """Redact in place, and keep the shape of the arguments: formatters read them."""
    is_template = bool(record.args) and isinstance(record.msg, str)
    record.msg = redacted_template(record.msg) if is_template else redacted_value(record.msg)
    if not isinstance(record.msg, str | dict):  # structlog's has the exception to be formatted
        record.msg = shown(record.msg, str)  # any object may be logged
    if record.args:
        record.args = redacted_value(record.args, _shown)
        redact_named_arguments(record)
    if record.exc_text:
        record.exc_text = redacted(record.exc_text)
    if record.stack_info:
        record.stack_info = redacted(record.stack_info)
    extra = {name: value for name, value in vars(record).items() if name not in _USUAL}
    if extra:
        vars(record).update(redacted_value(extra, _shown))


def _shown(value: object) -> object:
    return shown(value, str, repr)
