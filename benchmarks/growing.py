"""How costs grow: a plot of what was measured, beside what is promised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.core import OURS, Grown, Measured
from benchmarks.svg import drawing, shown

TITLE: Final = "How costs grow"
FILE: Final = "growth"
ABOUT: Final = (
    "The power is that of the number which the cost grows with, between its last two values: 0 stays"
    " the same, 1 grows in proportion."
)
# How far a measured power may be from the promised one: a cost that stays within a third while the
# number grows tenfold has a power of 0.12.
TOLERANCE: Final = 0.2


@dataclass(frozen=True)
class Promise:
    """What one plot must show.

    Args:
        title: of the plot.
        says: it in words.
        power: of the number that the cost grows with: 0 stays the same, 1 is in proportion.
    """

    title: str
    says: str
    power: int


PROMISES: Final = (
    Promise("A read", "a read costs the same beside any number of handles", 0),
    Promise("One change among so many", "a rotation costs the same beside any number of files", 0),
    Promise("So many changes among 1,000", "many rotations cost in proportion to what has changed", 1),
    Promise("Threads", "the threads are as many for any number of handles", 0),
    Promise("Requests to the store", "a request brings a batch of 20 secrets", 1),
)  # fmt: skip


def section(found: Mapping[str, Measured | Grown]) -> tuple[str, str] | None:
    """Return the section of the page, and its drawing; `None` where nothing of it was measured."""
    known = [(it, found[it.title]) for it in PROMISES if isinstance(found.get(it.title), Grown)]
    if not known:
        return None
    lines = [
        f"## {TITLE}\n",
        f"{ABOUT}\n",
        f"![{TITLE}: what was measured, as lines over the number](benchmarks/{FILE}.svg)\n",
        "| promise | measured | power | promised | |",
        "|---|---|---:|---:|---|",
        *(row(promise, grown) for promise, grown in known),
    ]
    return "\n".join([*lines, ""]), drawing(TITLE, [grown for _, grown in known])


def row(promise: Promise, grown: Grown) -> str:
    name = next(name for name in grown.lines if name.startswith(OURS))
    points = [
        (number, value)
        for number, value in zip(grown.of.numbers, grown.lines[name], strict=False)
        if not math.isnan(value)
    ]
    (least, first), (most, last) = points[0], points[-1]
    measured = (
        f"{shown(first)} {grown.of.unit} at {least:,}, {shown(last)} at {most:,} {grown.of.over}"
    )
    power = power_of(points)
    verdict = "kept" if power - promise.power <= TOLERANCE else "**not kept**"
    return f"| {promise.says} | {measured} | {power:.2f} | {promise.power} | {verdict} |"


def power_of(points: list[tuple[int, float]]) -> float:
    """Return the exponent between the last two points of a cost."""
    if len(points) < 2:
        return 0.0
    (less, low), (more, high) = points[-2:]
    return math.log(high / low) / math.log(more / less) if low and high else 0.0
