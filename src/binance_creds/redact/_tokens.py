"""Find secrets of this process that are not of the usual 64 letters and digits."""

from __future__ import annotations

import re
import string
from operator import itemgetter
from typing import Final

from binance_creds._known import BEGINNING, LENGTHS, beginning_of, is_known
from binance_creds.redact._runs import MOST, kept, runs

__all__ = ["LONGEST", "unusual_spans"]

_WITHIN: Final = (string.ascii_letters + string.digits + "+/_.~-").encode()
_OF_TOKENS: Final = kept(_WITHIN)
_MARKS: Final = bytes(97 if code in _WITHIN else 32 for code in range(256))
_AFTER_OTHER: Final = re.compile(rb"(?<=[+/_.~-])[A-Za-z0-9]")
LONGEST: Final = 4096  # characters of a path; of longer tokens only the ends are looked at
_LOOKS: Final = 10_000  # in vain within a text, about 3 ms; later ones at their beginnings only
_BEGINNING: Final = itemgetter(slice(0, BEGINNING))

_Spans = list[tuple[int, int]]


def unusual_spans(raw: bytes) -> _Spans:
    """Return where such secrets are, and the rest where there are very many."""
    if not LENGTHS:
        return []
    lengths = sorted(LENGTHS, reverse=True)
    mark = b"a" * lengths[-1]
    spans: _Spans = []
    looks = _LOOKS
    for start, stop in runs(raw.translate(_MARKS), 0, mark):
        if len(spans) >= MOST:
            return [*spans, (start, len(raw))]
        if looks <= 0:
            return spans + _of_many(raw, start, lengths)
        looks -= _look_into(spans, raw, start, stop, lengths)
    return spans


def _look_into(spans: _Spans, raw: bytes, start: int, stop: int, lengths: list[int]) -> int:
    """Look at each beginning of a word, after `n` of an escaped line end, and at the end."""
    starts = {start, start + 1}
    if stop - start <= LONGEST:
        starts |= {word.start() for word in _AFTER_OTHER.finditer(raw, start, stop)}
    for length in lengths:
        for left in {*starts, stop - length}:
            if start <= left <= stop - length and is_known(raw[left : left + length]):
                spans.append((left, left + length))
    return len(starts) * len(lengths)


def _of_many(raw: bytes, begin: int, lengths: list[int]) -> _Spans:
    plain = raw[begin:].translate(_OF_TOKENS)
    mark = b"a" * lengths[-1]
    tokens = [token for token in plain.split() if len(token) >= lengths[-1]]
    hits = {*beginning_of(map(_BEGINNING, tokens))}
    spans: _Spans = []
    for number, (start, stop) in enumerate(runs(plain.translate(_MARKS), 0, mark) if hits else ()):
        if len(spans) >= MOST:
            return [*spans, (begin + start, len(raw))]
        if number in hits:
            _look_into(spans, raw, begin + start, begin + stop, lengths)
    return spans
