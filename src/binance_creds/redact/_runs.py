"""Find the secrets of this process in text, by digest.

Letters and digits are marked by `bytes.translate`, and what costs more is done only where 64 of
them follow each other. A text with very many such places gets a shorter look at the later ones:
at their ends only.
"""

from __future__ import annotations

import re
import string
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from binance_creds._known import BEGINNING, RUN, beginning_of, goes_on, is_known

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST", "kept", "known_spans", "runs"]

MOST: Final = 1_000  # secrets of a kind in a text: after them, the rest is hidden as a whole

_ALNUM: Final = (string.ascii_letters + string.digits).encode()
_WITHIN_RUN: Final = _ALNUM + b"+/"  # of base64
_MARKED_RUN: Final = b"a" * RUN
# What may touch a secret: `n` of an escaped line end, `20` of a quoted space, `35m` of a colour.
_SLACK: Final = 6
_LOOKS: Final = 2_500  # in vain within a text, about 1 ms
_REST: Final = re.compile(rb"[A-Za-z0-9+/]*+={0,2}")
_LONGEST_PATH: Final = 4096  # in longer runs, which are base64, only the ends are looked at
_BETWEEN_SLASHES: Final = re.compile(rb"[A-Za-z0-9]{%d,}+" % RUN)
# Of a run, as it is or after `n` of an escaped line end.
_SHORTER_LOOK: Final = [itemgetter(slice(start, start + BEGINNING)) for start in (0, -RUN)]

_Spans = list[tuple[int, int]]


def kept(characters: bytes) -> bytes:
    """Return a table that keeps some characters, and makes the others blanks."""
    return bytes(code if code in characters else 32 for code in range(256))


_OF_RUNS: Final = kept(_WITHIN_RUN)
_OF_WORDS: Final = kept(_ALNUM)
_MARKS: Final = bytes(97 if code in _WITHIN_RUN else 32 for code in range(256))


def known_spans(raw: bytes) -> _Spans:
    """Return where secrets of this process are, and the rest where there are very many."""
    marked = raw.translate(_MARKS)
    if _MARKED_RUN not in marked:
        return []
    search = _Search(raw)
    for start, stop in runs(marked, 0):
        if len(search.spans) >= MOST:
            return [*search.spans, (start, len(raw))]
        if search.looks <= 0:
            search.look_into_many(start)
            break
        search.look_into(start, stop)
    return search.spans


def runs(marked: bytes, begin: int, mark: bytes = _MARKED_RUN) -> Iterator[tuple[int, int]]:
    """Return where marked runs start and stop that are as long as a mark."""
    start = marked.find(mark, begin)
    while start >= 0:
        stop = marked.find(b" ", start)
        stop = len(marked) if stop < 0 else stop
        yield start, stop
        start = marked.find(mark, stop)


class _Search:
    """One search of one text."""

    def __init__(self, raw: bytes) -> None:
        self.spans: Final[_Spans] = []
        self.looks = _LOOKS
        self._raw: Final = raw

    def look_into_many(self, begin: int) -> None:
        """Look at what begins and ends as a secret does, up to the most."""
        rest = self._raw[begin:]
        for table in (_OF_RUNS, _OF_WORDS) if b"/" in rest or b"+" in rest else (_OF_RUNS,):
            plain = rest.translate(table)
            texts = [text for text in plain.split() if len(text) >= RUN]
            hits = {number for piece in _SHORTER_LOOK for number in beginning_of(map(piece, texts))}
            if hits and len(self.spans) < MOST:
                self._look_at(hits, begin, plain.translate(_MARKS))

    def _look_at(self, hits: set[int], begin: int, marked: bytes) -> None:
        for number, (start, stop) in enumerate(runs(marked, 0)):
            if len(self.spans) >= MOST:
                self.spans.append((begin + start, len(self._raw)))
                return
            if number in hits:
                self.look_into(begin + start, begin + stop)

    def look_into(self, start: int, stop: int) -> None:
        """Look at the ends: of the whole, which may be lines of a key, and between slashes."""
        self._look_at_ends(start, stop)
        if RUN < stop - start <= _LONGEST_PATH:
            for part in _BETWEEN_SLASHES.finditer(self._raw, start, stop):
                if part.span() != (start, stop):
                    self._look_at_ends(*part.span())

    def _look_at_ends(self, left: int, right: int) -> None:
        found: int | None = left
        while found is not None:  # secrets may follow each other
            left = found
            if len(self.spans) >= MOST:
                self.spans.append((left, len(self._raw)))
                return
            found = self._look(range(left, min(left + _SLACK, right - RUN) + 1))
        self._look(range(max(left + _SLACK + 1, right - RUN - _SLACK), right - RUN + 1))

    def _look(self, starts: range) -> int | None:
        """Return where the first secret stops."""
        raw = self._raw
        for start in starts:
            if is_known(raw[start : start + RUN]):
                stop = start + RUN
                if goes_on(raw[start:stop]):
                    stop = _REST.match(raw, stop).end()  # type: ignore[union-attr]  # or nothing
                self.spans.append((start, stop))
                return stop
        self.looks -= len(starts)
        return None
