"""Where a row of ours is behind a peer, and the reason that it gives."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.core import OURS, Grown, Measured

NO_REASON: Final = "**no reason is given**"
FLOORS: Final = ("the floor", "a bare interpreter")  # so end the names of what is no peer
RATES: Final = "a second"  # a unit of which more is better
# What two rounds of one row differ by, and what two figures that were taken once do.
TOLERANCE, TOLERANCE_ONCE = 1.02, 1.15
BEYOND: Final = 1e9  # something beside nothing


@dataclass(frozen=True)
class Behind:
    """A row of ours that three rounds of four found slower, or larger, than a peer.

    Args:
        row: of ours.
        peer: that is ahead.
        times: how much it takes of what the peer takes.
        why: the reason that the row gives.
    """

    row: str
    peer: str
    times: float
    why: str

    def __str__(self) -> str:
        times = "which has none" if self.times >= BEYOND else f"{self.times:.2f} x"
        return f"**{self.row}** behind {self.peer} ({times})"


def behind(result: Measured | Grown) -> list[Behind]:
    """Return each row of ours that is behind, once: beside the peer that is furthest ahead."""
    found = _compared(result) if isinstance(result, Measured) else _grown(result)
    worst: dict[str, Behind] = {}
    for one in found:
        if one.row not in worst or one.times > worst[one.row].times:
            worst[one.row] = one
    return list(worst.values())


def _compared(result: Measured) -> Iterator[Behind]:
    for case in result.of.cases:
        if not case.name.startswith(OURS) or case.name not in result.figures:
            continue
        for peer in [case.beside] if case.beside else result.figures:
            if peer not in result.figures or not _is_peer(peer):
                continue
            times = _times(result.figures[case.name], result.figures[peer], result.of.unit)
            if _lower_quartile(times) > TOLERANCE:
                yield Behind(case.name, peer, statistics.median(times), case.why)


def _grown(result: Grown) -> Iterator[Behind]:
    for row, peer in result.of.peers.items():
        for number, ours, theirs in zip(
            result.of.numbers, result.lines[row], result.lines[peer], strict=False
        ):
            if ours > theirs * TOLERANCE_ONCE:
                where, why = f"{peer} at {number:,}", result.of.why.get(row, "")
                yield Behind(row, where, _ratio(ours, theirs), why)


def _is_peer(name: str) -> bool:
    return not name.startswith(OURS) and not name.endswith(FLOORS)


def _times(ours: Sequence[float], theirs: Sequence[float], unit: str) -> list[float]:
    pairs = zip(theirs, ours, strict=True) if unit == RATES else zip(ours, theirs, strict=True)
    return [_ratio(more, less) for more, less in pairs]


def _ratio(more: float, less: float) -> float:
    if less:
        return more / less
    return BEYOND if more else 1.0


def _lower_quartile(values: list[float]) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=4, method="inclusive")[0]
