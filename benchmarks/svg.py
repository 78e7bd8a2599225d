"""Draw a group: bars for each comparison, lines for each growth; readable in light and in dark.

Both scales are logarithmic, because a peer may take a hundred times as long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.core import Grown, Measured

WIDTH, NAMES, VALUES, AFTER, ROW, LINES_HIGH = 760, 250, 110, 230, 22, 240
STYLE: Final = """\
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2933; } .title { font-weight: 600; }
.paper { fill: #ffffff; } .peer { fill: #9aa5b1; } .ours { fill: #1f6feb; } .grid { stroke: #d5dae0; }
.line { fill: none; stroke: #9aa5b1; stroke-width: 2; } .line.ours { stroke: #1f6feb; fill: none; }
@media (prefers-color-scheme: dark) {
text { fill: #e4e7eb; } .paper { fill: #15191e; } .peer { fill: #6b7785; } .ours { fill: #58a6ff; }
.grid { stroke: #39424d; } .line { stroke: #6b7785; } .line.ours { stroke: #58a6ff; }
}
</style>"""


def drawing(title: str, results: Sequence[Measured | Grown]) -> str:
    """Return an SVG with a panel for each result."""
    parts, height = [], 10
    for result in results:
        if isinstance(result, Measured) and not result.median(result.base):
            continue  # nothing is no multiple of nothing
        panel, high = bars(result) if isinstance(result, Measured) else lines(result)
        parts.append(f'<g transform="translate(0 {height})">\n{panel}\n</g>')
        height += high
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>", STYLE,
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>', *parts, "</svg>\n",
    ])  # fmt: skip


def bars(result: Measured) -> tuple[str, int]:
    """Return bars of the ratios to the base, and how high they are together."""
    ratios = {name: result.ratio(name) for name in result.figures}
    scale = Scale(list(ratios.values()), WIDTH - NAMES - VALUES, margin=1.25)
    parts = [text(12, 16, f"{result.of.title} (x {result.base})", "title")]
    for number, (name, ratio) in enumerate(ratios.items()):
        top = 28 + number * ROW
        kind = kind_of(name)
        parts += [
            text(NAMES - 8, top + 12, name, anchor="end"),
            f'<rect class="{kind}" x="{NAMES}" y="{top}" width="{scale.at(ratio):.1f}" height="15"/>',
            text(NAMES + scale.at(ratio) + 6, top + 12, f"{shown(ratio)} x"),
        ]
    return "\n".join(parts), 42 + len(ratios) * ROW


def lines(result: Grown) -> tuple[str, int]:
    """Return a line for each case over what grows, and how high they are together."""
    numbers = result.of.numbers
    across = Scale([float(it) for it in numbers], WIDTH - VALUES - AFTER)
    up = Scale([it for row in result.lines.values() for it in row], LINES_HIGH - 70, margin=1.5)
    parts = [text(12, 16, f"{result.of.title} ({result.of.unit})", "title")]
    bottom = LINES_HIGH - 40
    for number in numbers:
        x = VALUES + across.at(number)
        parts += [
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="30" y2="{bottom}"/>',
            text(x, bottom + 16, f"{number:,}", anchor="middle"),
        ]
    parts.append(text(VALUES - 12, bottom + 16, result.of.over, anchor="end"))
    for name, row in result.lines.items():
        points = [
            (VALUES + across.at(it), bottom - up.at(value))
            for it, value in zip(numbers, row, strict=False)
            if not math.isnan(value)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline class="line {kind_of(name)}" points="{path}"/>')
        known = [it for it in row if not math.isnan(it)]
        parts.append(text(points[0][0] - 8, points[0][1] + 4, shown(known[0]), anchor="end"))
        end = f"{name}: {shown(known[-1])}"
        parts.append(text(points[-1][0] + 8, points[-1][1] + 4, end))
    return "\n".join(parts), LINES_HIGH


class Scale:
    """A logarithmic scale; what is nothing stands at its beginning."""

    def __init__(self, values: list[float], length: float, *, margin: float = 1.0) -> None:
        known = [it for it in values if it > 0] or [1.0]
        self._low = min(known) / margin
        self._span = math.log(max(known) / self._low) or 1.0
        self._length = length

    def at(self, value: float) -> float:
        return self._length * math.log(max(value, self._low) / self._low) / self._span


def kind_of(name: str) -> str:
    return "ours" if name.startswith("binance-creds") else "peer"


def shown(value: float) -> str:
    """Return a number with about three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def text(x: float, y: float, content: str, kind: str = "", *, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
        f"{escape(content)}</text>"
    )
