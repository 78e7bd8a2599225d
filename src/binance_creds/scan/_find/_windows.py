"""A text of any size, a part at a time, as UTF-8 where it is UTF-16 or UTF-32."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["HEAD", "Window", "encoding_of", "windows"]

STEP: Final = 512 * 1024  # bytes: it stays in the cache of a core
BEHIND: Final = 1024  # bytes that rules look back
AHEAD: Final = 20 * 1024  # bytes that they look ahead: a private key
HEAD: Final = 4096  # bytes by which a text is judged
_SHARE: Final = 0.3  # of the bytes, every second of which is zero in UTF-16


@dataclass(slots=True)
class Window:
    """A part of a text.

    Attributes:
        text: the bytes.
        begin: where what belongs to this part begins; before it is what rules look back at.
        end: where it ends.
        lines: line ends before `text`.
        columns: bytes before `text` in the line in which it begins.
    """

    text: bytes
    begin: int = 0
    end: int = 0
    lines: int = 0
    columns: int = 0

    def position(self, place: int) -> tuple[int, int]:
        """Return line and column of a byte, counted from 1; columns are characters."""
        line = self.text.count(b"\n", 0, place)
        begin = self.text.rfind(b"\n", 0, place) + 1
        before = len(self.text[begin:place].decode(errors="replace"))
        return self.lines + line + 1, before + 1 + (0 if line else self.columns)


def windows(read: Callable[[int], bytes]) -> Iterator[Window]:
    """Return the parts of what is read.

    Args:
        read: takes how many bytes to read at most, and returns none at the end.
    """
    first = read(STEP)
    encoding = encoding_of(first[:HEAD])
    if encoding:
        first, read = _decoding(first, read, encoding)
    window = Window(first)
    while True:
        more = read(STEP)
        window.end = max(window.begin, len(window.text) - AHEAD) if more else len(window.text)
        yield window
        if not more:
            return
        window = _next(window, more)


def encoding_of(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32, by a mark or by the zeros of letters; `None` for anything else."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    even, odd = (head[start::2].count(0) for start in (0, 1))
    if odd > _SHARE * len(head) and not even:
        return "utf-16-le"
    return "utf-16-be" if even > _SHARE * len(head) and not odd else None


def _decoding(
    first: bytes, read: Callable[[int], bytes], encoding: str
) -> tuple[bytes, Callable[[int], bytes]]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def decoded(size: int) -> bytes:
        more = read(size)
        text = decoder.decode(more, final=not more).encode(errors="replace")
        return text or (decoded(size) if more else b"")  # a part of a character gives nothing yet

    return decoder.decode(first).encode(errors="replace"), decoded


def _next(window: Window, more: bytes) -> Window:
    cut = max(0, window.end - BEHIND)
    text = window.text
    line_begin = text.rfind(b"\n", 0, cut) + 1
    lines = text.count(b"\n", 0, cut)
    columns = cut - line_begin + (0 if lines else window.columns)
    return Window(text[cut:] + more, window.end - cut, 0, window.lines + lines, columns)
