"""Sentry: events, transactions, breadcrumbs and logs without secrets.

    sentry_sdk.init(dsn, **sentry.hooks())

Sentry's own scrubber goes by exact names of fields and leaves values, messages and URLs; a
transaction does not pass `before_send`. `redact_event` goes through everything that is sent, by
value and by name.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Final, TypeVar

from binance_creds.redact._text import REDACTED, redacted
from binance_creds.redact._values import redacted_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    _Hook: TypeAlias = Callable[[Any, Any], Any]  # event and hint, of many types

__all__ = ["hooks", "redact_event"]

_Event = TypeVar("_Event")

# Without `before_send_span`, which warns where spans are not streamed.
_HOOKS: Final = (
    "before_breadcrumb",
    "before_send",
    "before_send_log",
    "before_send_metric",
    "before_send_transaction",
)
# `max_value_length` of the SDK cuts longer values; nobody sets it lower.
_SHORTEST_LIMIT: Final = 100
_SHORTEST_PIECE: Final = 8  # of what may be a secret
_OF_SECRETS: Final = string.ascii_letters + string.digits + "+/=%_-"


def redact_event(event: _Event, hint: object = None) -> _Event | None:  # noqa: ARG001  # hooks get it
    """Return what Sentry may have of an event, a transaction, a breadcrumb, a log or a span.

    It fits every `before_...` option of the SDK. Attachments of the hint are not read. An event
    that cannot be read is not sent.
    """
    try:
        redacted_event: _Event = redacted_value(event, of_text=_of_text)
    except Exception:  # noqa: BLE001  # the SDK counts the event as dropped
        return None
    return redacted_event


def _of_text(text: str) -> str:
    """Redact a text, and its end where the SDK has cut it: a piece is not known as a secret."""
    if text.endswith("...") and len(text) >= _SHORTEST_LIMIT:
        kept = text[:-3].rstrip(_OF_SECRETS)
        if len(text) - len(kept) - 3 >= _SHORTEST_PIECE:
            text = f"{kept}{REDACTED}..."
    return redacted(text)


def hooks(
    **own: _Hook | None,
) -> dict[str, Any]:  # for ** of `init`
    """Return options for `sentry_sdk.init`: every hook that the installed SDK has.

    Args:
        own: your hooks, by the name of the option; each runs before the redaction. Streamed spans
            need `before_send_span=None`.
    """
    from sentry_sdk.consts import DEFAULT_OPTIONS  # noqa: PLC0415  # optional

    known = [name for name in _HOOKS if name in DEFAULT_OPTIONS]
    return {name: _after(own.get(name)) for name in dict.fromkeys([*known, *own])}


def _after(own: _Hook | None) -> _Hook:
    if own is None:
        return redact_event

    def hook(event: Any, hint: Any) -> Any:
        event = own(event, hint)
        return None if event is None else redact_event(event, hint)

    return hook
