"""Find own keys in a text: in runs of letters and digits, and in what several lines of them say."""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.scan._find._edges import after_escape
from binance_creds.scan._find._runs import runs
from binance_creds.scan._own._digests import RUN
from binance_creds.scan._own._forms import decoded, views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds.scan._own._digests import OwnKeys

__all__ = ["OwnHit", "own_hits"]

_OF_BASE64: Final = (string.ascii_letters + string.digits + "+/-_").encode()
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_MARKS: Final = bytes(97 if code in _OF_BASE64 else 32 for code in range(256))
_HALF: Final = b"a" * (RUN // 2)  # of a key on two lines one part has as much
_ALNUM: Final = re.compile(rb"[A-Za-z0-9]{64,}+")
_AFTER_OTHER: Final = re.compile(rb"(?<=[+/])[A-Za-z0-9]")
_PIECE: Final = re.compile(rb"[A-Za-z0-9+/_-]+")
_QUOTES: Final = rb"""[ \t]*(?:\\*["'`])?[ \t]*"""
# What stands between the parts of a value: a line end with what continues lines, or quotes.
_JOIN: Final = re.compile(
    _QUOTES + rb"(?:(?:[\\+.,&=)]|<br ?/?>)[ \t]*)*(?:(?:\\+r|%0[Dd])?(?:\\+n|%0[Aa])|\r?\n|\r)"
    rb"[ \t>|#*(.&+\\]*(?://+[ \t]*)?" + _QUOTES + rb"|[\"'`][ \t]*[+.]?[ \t]*[\"'`]"
)
_AT_END: Final = re.compile(rb"(?:\\+[rn]|%0[ADad])\Z")
_IN_JOINS: Final = b" \t\r\n\"'`\\+.,&=)>|#*(/-"
_SIGNS: Final = b"+/-_"
_NEAR: Final = 160  # bytes
_SHORT: Final = 512  # characters of a run in which every place is looked at
_SLACK: Final = 12  # characters at the ends of longer ones
_MOST_PIECES: Final = 4096
_MOST_STARTS: Final = 64
_DEPTH: Final = 2  # times that base64 is undone


class OwnHit(NamedTuple):
    """An own key in a text.

    Attributes:
        line: line ends before it.
        column: bytes before it in its line, without escapes.
        rule: which half.
        profile: whose.
        value: its digest is known; for the id only.
    """

    line: int
    column: int
    rule: str
    profile: str
    value: bytes


def own_hits(text: bytes, keys: OwnKeys) -> Iterator[OwnHit]:
    """Return own keys, each once a line."""
    seen: set[tuple[int, str, str]] = set()
    for view in views(text):
        for place, value in _candidates(view):
            whose = keys.whose(value)
            if whose is not None:
                line, column = view.count(b"\n", 0, place), place - view.rfind(b"\n", 0, place) - 1
                if (line, *whose) not in seen:
                    seen.add((line, *whose))
                    yield OwnHit(line, column, *whose, value)


def _candidates(text: bytes, depth: int = 0) -> Iterator[tuple[int, bytes]]:
    """Return 64 characters each, and where they begin."""
    done = 0
    for left, right in runs(text.translate(_MARKS), 0, _HALF):
        if left < done:
            continue
        pieces = _pieces(text, left, right)
        done = pieces[-1][1]
        for start, stop in pieces:
            for value in _of_run(text[start:stop].translate(_TO_STANDARD)):
                yield start, value
        for parts in _readings(text, pieces):
            yield from _of_pieces(text, parts)
        if depth < _DEPTH:
            for plain in decoded(b"".join(text[slice(*piece)] for piece in pieces)):
                for _, value in _candidates(plain, depth + 1):
                    yield left, value


def _pieces(text: bytes, start: int, stop: int) -> list[tuple[int, int]]:
    """Return the run, and those on the lines before and after that may belong to it."""
    start = after_escape(text, start)
    start += stop - start - len(text[start:stop].lstrip(_SIGNS))  # of a diff, of a comment
    pieces = [(start, stop)]
    begin = max(0, start - _NEAR)
    before = text[begin:start]
    end = len(before.rstrip(_IN_JOINS))
    while found := _AT_END.search(before, 0, end):
        end = len(before[: found.start()].rstrip(_IN_JOINS))
    if _JOIN.fullmatch(before, end):
        length = end - len(before[:end].rstrip(_OF_BASE64))
        pieces.insert(0, (begin + end - length, begin + end))
    while len(pieces) < _MOST_PIECES:
        join = _JOIN.match(text, pieces[-1][1])
        piece = join and _PIECE.match(text, join.end())
        if not piece:
            break
        pieces.append(piece.span())
    return pieces


def _readings(text: bytes, pieces: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Return several pieces in each way that the signs before a line can be read.

    They are of the value, or the first is of a diff, or all are of what joins the lines.
    """
    if len(pieces) == 1:
        return []
    kept, but_one, none = [pieces[0]], [pieces[0]], [pieces[0]]
    for (_, end), (start, stop) in pairwise(pieces):
        first = end + len(text[end:start].rstrip(_SIGNS))
        after = stop - len(text[start:stop].lstrip(_SIGNS))
        kept.append((first, stop))
        but_one.append((min(first + 1, after), stop))
        none.append((after, stop))
    return [list(parts) for parts in dict.fromkeys(map(tuple, (kept, but_one, none)))]


def _of_run(run: bytes) -> Iterator[bytes]:
    """Return what may be a key in one run: all of a short one, else its ends."""
    for found in _ALNUM.finditer(run):
        last = len(found[0]) - RUN
        places = [*range(last + 1)]
        if last > _SHORT:
            places = [*places[:_SLACK], *places[-_SLACK - 1 :]]
        for place in places:
            yield found[0][place : place + RUN]
    starts = [found.start() for found in _AFTER_OTHER.finditer(run[: _SHORT * 8])]
    for start in [*range(min(_SLACK, len(run))), *starts[:_MOST_STARTS]]:
        if len(run) - start >= RUN:
            yield run[start : start + RUN]


def _of_pieces(text: bytes, pieces: list[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """Return what begins or ends with a piece."""
    whole = b"".join(text[slice(*piece)] for piece in pieces).translate(_TO_STANDARD)
    begins = list(accumulate((right - left for left, right in pieces), initial=0))
    for begin, end in pairwise(begins):
        for start in (begin, begin + 1, end - RUN):
            if 0 <= start <= len(whole) - RUN:
                yield pieces[bisect_right(begins, start) - 1][0], whole[start : start + RUN]
