"""Rows of columns, cut to the width of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["rows_of"]

_GAP: Final = "  "
_CUT: Final = "\N{HORIZONTAL ELLIPSIS}"


def rows_of(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the rows with aligned columns, each at most so wide; the last columns give way."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (_GAP.join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows)
    return [_cut(line.rstrip(), width) for line in lines]


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + _CUT
