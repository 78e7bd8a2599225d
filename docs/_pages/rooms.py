"""The picture of the rooms: a row for each layer of the import-linter contracts in pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from html import escape

from _pages import package

WIDTH, ROW, GAP, LEFT = 1000, 34, 10, 20
STYLE = "font: 12px ui-monospace, monospace"
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>The layers of binance_creds: a room imports only from rows below its own</title>
"""


def layers(container: str) -> list[list[str]]:
    """Return the rooms of each layer, the highest first, as import-linter checks them."""
    text = package.SOURCE.parent.joinpath("pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    rows = next(one["layers"] for one in contracts if one.get("containers") == [container])
    return [[room.strip() for room in row.split("|")] for row in rows]


def picture() -> str:
    """Return the picture as SVG."""
    rows = [*_rows(layers(package.ROOT))]
    height = len(rows) * (ROW + GAP) + 2 * GAP
    boxes = [
        box for number, row in enumerate(rows) for box in _boxes(row, GAP + number * (ROW + GAP))
    ]
    return HEAD.format(width=WIDTH, height=height) + "\n".join(boxes) + "\n</svg>\n"


def _rows(house: list[list[str]]) -> Iterator[tuple[list[str], bool]]:
    """Return each row, those inside `live` below its own, and whether it is inside."""
    for row in house:
        yield row, False
        if "live" in row:
            for inner in layers(f"{package.ROOT}.live"):
                yield [f"live.{room}" for room in inner], True


def _boxes(row: tuple[list[str], bool], y: int) -> Iterator[str]:
    names, is_inside = row
    left = LEFT + (60 if is_inside else 0)
    width = (WIDTH - 2 * left + GAP) / len(names) - GAP
    fill = "#fff4d6" if is_inside else "#e8eef7"
    for number, name in enumerate(names):
        x = left + number * (width + GAP)
        yield (
            f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{ROW}" rx="5"'
            f' fill="{fill}" stroke="#5b6b80"/>'
        )
        yield (
            f'<text x="{x + width / 2:.0f}" y="{y + ROW * 0.64:.0f}" text-anchor="middle"'
            f' style="{STYLE}" fill="#1c2733">{escape(name)}</text>'
        )
