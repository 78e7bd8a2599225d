"""Find what is secret by its name or its form, whether this process knows it or not."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from binance_creds.redact._runs import MOST

__all__ = ["block_spans", "named_spans"]

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

_Spans = list[tuple[int, int]]


def named_spans(raw: bytes) -> _Spans:
    """Return where values with the name of a secret are, and listen keys in addresses."""
    lower = raw.lower()
    spans: _Spans = []
    for word, pattern in _FORMS:
        if word in lower:
            found = [one.span(1) for one in islice(pattern.finditer(lower), MOST)]
            spans += found if len(found) < MOST else [*found, (found[-1][0], len(raw))]
    return spans


def block_spans(raw: bytes) -> _Spans:
    """Return where private keys are: up to their end, or what may be of them if they were cut."""
    spans: _Spans = []
    end = _END.search(raw)
    begin = _BEGIN.search(raw)
    while begin is not None:
        if len(spans) == MOST:
            return [*spans, (begin.start(), len(raw))]
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
    return spans
