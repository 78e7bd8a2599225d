"""The message of a record and its arguments, where one has the name and the other the secret.

    log.info("signature=%s", value)

A handler may put both together by itself, and a formatter may read the arguments: the argument is
replaced, and their shape is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from binance_creds.redact._text import REDACTED, redacted, secret_spans

if TYPE_CHECKING:
    from logging import LogRecord

__all__ = ["redact_named_arguments", "redacted_template"]

_CONVERSION: Final = re.compile(
    r"%(?:\(([^()]*)\))?[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?([diouxXeEfFgGcrsa%])"
)
_LIKE_A_SECRET: Final = "a1" * 32


def redacted_template(text: str) -> str:
    """Redact a message that is to be formatted, and leave what stands for arguments."""
    if redacted(text) is text:
        return text
    parts, end = [], 0
    for found in _CONVERSION.finditer(text):
        parts += [redacted(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, redacted(text[end:])])


def redact_named_arguments(record: LogRecord) -> None:
    """Replace the arguments that are secret by what the message says of them."""
    template = str(record.msg)
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001  # whoever formats it finds out, and shows message and arguments
        if _may_name(template):
            record.args = _replaced(record.args, lambda key: True)  # noqa: ARG005
        return
    spans = secret_spans(text)
    if not spans:
        return
    hidden = _within(spans, template, record.args, text)
    record.args = _replaced(record.args, lambda key: hidden is None or key in hidden)
    if redacted(record.getMessage()) != record.getMessage():  # the message itself has the value
        record.msg, record.args = redacted(text), ()


def _may_name(template: str) -> bool:
    probe = _CONVERSION.sub(_LIKE_A_SECRET, template)
    return redacted(probe) is not probe


def _within(
    spans: list[tuple[int, int]], template: str, args: Any, text: str
) -> set[int | str] | None:
    """Return which arguments stand in the spans; `None` if that cannot be told."""
    hidden: set[int | str] = set()
    parts, position, end, count = [], 0, 0, 0
    for found in _CONVERSION.finditer(template):
        literal = template[end : found.start()]
        end = found.end()
        key: int | str = count if found[1] is None else found[1]
        count += found[2] != "%"
        shown = "%" if found[2] == "%" else _formatted(found[0], args, key)
        parts += [literal, shown]
        position += len(literal)
        if any(start < position + len(shown) and position < stop for start, stop in spans):
            hidden.add(key)
        position += len(shown)
    return hidden if "".join([*parts, template[end:]]) == text else None


def _formatted(conversion: str, args: Any, key: int | str) -> str:
    try:
        return conversion % (args if isinstance(key, str) else (args[key],))
    except (LookupError, TypeError, ValueError):  # a width that is an argument itself
        return ""


def _replaced(args: Any, is_hidden: Any) -> Any:
    if isinstance(args, dict):
        return {key: _stand_in(arg) if is_hidden(key) else arg for key, arg in args.items()}
    return tuple(_stand_in(arg) if is_hidden(n) else arg for n, arg in enumerate(args))


def _stand_in(value: object) -> object:
    """Return what can be formatted as the value can."""
    return type(value)() if isinstance(value, int | float) else REDACTED
