"""Find secrets in text: those of this process by digest, others by their name or form.

The text is gone through a fixed number of times by functions that are written in C. What costs more
is done only where 64 letters and digits, a name or a key block were found. After 1,000 secrets of a
kind the rest of a text is hidden unread.
"""

from __future__ import annotations

from typing import Final

from binance_creds._known import RUN
from binance_creds.redact._forms import block_spans, named_spans
from binance_creds.redact._runs import known_spans
from binance_creds.redact._tokens import LONGEST, unusual_spans

__all__ = ["FAILED", "REDACTED", "redacted", "secret_spans"]

REDACTED: Final = "[redacted]"
FAILED: Final = "[not shown: the redaction failed]"

_SHORTEST: Final = 12  # of a secret that is looked for

_Spans = list[tuple[int, int]]


def redacted(text: str) -> str:
    """Return a text without secrets; itself, if it has none. Never raises."""
    if len(text) < _SHORTEST:
        return text
    try:
        spans = secret_spans(text)
        return _without(spans, text) if spans else text
    except Exception:  # noqa: BLE001  # whatever it is, the text must not be shown
        return FAILED


def secret_spans(text: str) -> _Spans:
    """Return where secrets start and stop, in their order; they may overlap."""
    raw = text.encode("latin-1", "replace")  # a byte for each character
    spans = named_spans(raw)
    if b"-----BEGIN" in raw:
        spans += block_spans(raw)
    spans += known_spans(raw[: _hidden_from(spans, raw) + RUN])
    spans += unusual_spans(raw[: _hidden_from(spans, raw) + LONGEST])
    return sorted(spans)


def _hidden_from(spans: _Spans, raw: bytes) -> int:
    return min((start for start, stop in spans if stop == len(raw)), default=len(raw))


def _without(spans: _Spans, text: str) -> str:
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts += [text[end:start], REDACTED]
        end = max(end, stop)
    return "".join([*parts, text[end:]])
