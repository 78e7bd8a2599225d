"""Find secrets in text: those of this process by digest, others by their name or form.

The text is gone through a fixed number of times by functions that are written in C. What costs more
is done only where 64 letters and digits, a name or a key block were found.
"""

from __future__ import annotations

import re
import string
from typing import Final

from binance_creds._known import RUN, is_known

__all__ = ["FAILED", "REDACTED", "redacted", "secret_spans"]

REDACTED: Final = "[redacted]"
FAILED: Final = "[not shown: the redaction failed]"

_WITHIN_RUN: Final = (string.ascii_letters + string.digits + "+/").encode()  # of base64
_MARKS: Final = bytes(97 if code in _WITHIN_RUN else 32 for code in range(256))
_MARKED_RUN: Final = b"a" * RUN
# What may touch a secret: `n` of an escaped line end, `20` of a quoted space, `35m` of a colour.
_SLACK: Final = 6
_LONGEST_PATH: Final = 4096  # in longer runs, which are base64, only the ends are looked at
_BETWEEN_SLASHES: Final = re.compile(rb"[A-Za-z0-9]{%d,}" % RUN)

# In lower case. Quotes may be escaped, as in JSON within JSON; a tuple of a header has a comma.
# Possessive: a megabyte of blanks or backslashes is gone through once.
_QUOTE: Final = rb"""\\*+["']"""
_GAP: Final = (
    rb"(?:(?:%(q)s)?\s*+(?:=>|[=:]|%%3[ad])\s*+(?:[\[(]\s*+)?(?:b(?=[\"'\\]))?(?:%(q)s)?"
    rb"|%(q)s\s*+,\s*+b?%(q)s)" % {b"q": _QUOTE}
)
_VALUE: Final = rb"[a-z0-9+/=_%~.-]{16,}+"


def _named(name: bytes, value: bytes = _VALUE) -> re.Pattern[bytes]:
    return re.compile(name + _GAP + rb"(" + value + rb")")


# The secret is the group; the text before it begins with the word that is looked for first.
_FORMS: Final = (
    (b"signature", _named(rb"signature")),
    (b"mbx", _named(rb"mbx[-_]api[-_]?key")),
    (b"api", _named(rb"api[-_ ]?key")),
    (b"secret", _named(rb"secret(?:[-_ ]?key)?", rb"[a-z0-9+=_-]{16,}+")),
    (b"private", _named(rb"private[-_ ]?key(?:[-_]pem)?")),
    (b"listen", _named(rb"listen[-_]?(?:key|token)")),
    (b"passphrase", _named(rb"passphrase", rb"""(?!\[?redacted\])[^\s"'&,;\\]{4,}+""")),
    (b"/ws/", re.compile(rb"/ws/([a-z0-9]{40,}+)")),
    (b"streams=", re.compile(rb"streams=([a-z0-9]{40,}+)")),
)

_BEGIN: Final = re.compile(rb"-----BEGIN(?:[ +_A-Z0-9]|%20){0,40}PRIVATE(?:[ +_]|%20)KEY-----")
_END: Final = re.compile(rb"-----END(?:[ +_A-Z0-9]|%20){0,40}PRIVATE(?:[ +_]|%20)KEY-----")
_BODY: Final = re.compile(rb"""(?:[A-Za-z0-9+/=\s"',]|\\+[nrt"']|%[0-9A-Fa-f]{2})*+""")

_SHORTEST: Final = 15  # of what can be found: `passphrase=abcd`

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
    spans: _Spans = []
    marked = raw.translate(_MARKS)
    if _MARKED_RUN in marked:
        _add_runs(spans, raw, marked)
    lower = raw.lower()
    for word, pattern in _FORMS:
        if word in lower:
            spans += [found.span(1) for found in pattern.finditer(lower)]
    if b"-----BEGIN" in raw:
        _add_blocks(spans, raw)
    return sorted(spans)


def _without(spans: _Spans, text: str) -> str:
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts += [text[end:start], REDACTED]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


def _add_runs(spans: _Spans, raw: bytes, marked: bytes) -> None:
    start = marked.find(_MARKED_RUN)
    while start >= 0:
        stop = marked.find(b" ", start)
        stop = len(raw) if stop < 0 else stop
        if stop - start > RUN:
            _add_run(spans, raw, start, stop)
        elif is_known(raw[start:stop]):
            spans.append((start, stop))
        start = marked.find(_MARKED_RUN, stop)


def _add_run(spans: _Spans, raw: bytes, start: int, stop: int) -> None:
    """Look at the ends: of the whole, which may be lines of a private key, and between slashes."""
    _add_ends(spans, raw, start, stop)
    if stop - start <= _LONGEST_PATH:
        for part in _BETWEEN_SLASHES.finditer(raw, start, stop):
            if part.span() != (start, stop):
                _add_ends(spans, raw, *part.span())


def _add_ends(spans: _Spans, raw: bytes, left: int, right: int) -> None:
    found: int | None = left
    while found is not None:  # secrets may follow each other
        left = found
        found = None
        for start in range(left, min(left + _SLACK, right - RUN) + 1):
            if is_known(raw[start : start + RUN]):
                spans.append((start, start + RUN))
                found = start + RUN
                break
    for start in range(max(left + _SLACK + 1, right - RUN - _SLACK), right - RUN + 1):
        if is_known(raw[start : start + RUN]):
            spans.append((start, start + RUN))


def _add_blocks(spans: _Spans, raw: bytes) -> None:
    """Add private keys: up to their end, or what may be of them where they were cut."""
    end = _END.search(raw)
    begin = _BEGIN.search(raw)
    while begin is not None:
        body = begin.end()
        while end is not None and end.start() < body:
            end = _END.search(raw, end.end())
        following = _BEGIN.search(raw, body)
        if end is not None and (following is None or end.start() < following.start()):
            stop = end.end()
        else:
            stop = _BODY.match(raw, body).end()  # type: ignore[union-attr]  # it matches nothing, too
        spans.append((begin.start(), stop))
        begin = following
