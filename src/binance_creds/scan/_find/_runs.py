"""Find runs of letters and digits.

Each byte is marked as letter or digit, or not, by one `bytes.translate`; then a row of marks is
searched for. That is many times as fast as a regular expression, and nothing else is done with text
that has no such row.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ALNUM", "RUN", "marked", "runs"]

RUN: Final = 64  # characters of an API key and of a secret
ALNUM: Final = (string.ascii_letters + string.digits).encode()
_MARKS: Final = bytes(97 if code in ALNUM else 32 for code in range(256))
_ROW: Final = b"a" * RUN


def marked(text: bytes) -> bytes:
    """Return `a` for each letter and digit, and a blank for everything else."""
    return text.translate(_MARKS)


def runs(marks: bytes, begin: int = 0, row: bytes = _ROW) -> Iterator[tuple[int, int]]:
    """Return where each run starts and stops that is at least as long as a row of marks.

    Args:
        marks: from `marked`.
        begin: a run that starts before is left out.
        row: of marks.
    """
    if begin and marks[begin - 1] == row[0]:
        begin = marks.find(b" ", begin)
        if begin < 0:
            return
    start = marks.find(row, begin)
    while start >= 0:
        stop = marks.find(b" ", start + len(row))
        stop = len(marks) if stop < 0 else stop
        yield start, stop
        start = marks.find(row, stop)
