"""What a group measures, and how: rounds in which every case has its turn beside the others.

A figure is a ratio. In each round all cases are measured one after another, beginning with another
one each time, and each is divided by the base of the same round; so a machine that is slow for a
while is slow for both. The median of these ratios is printed, with its quartiles.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

OURS: Final = "binance-creds"
ROUNDS: Final = 9


@dataclass(frozen=True)
class Case:
    """One row: a name, and a function that measures it once and returns a figure in the unit.

    Args:
        name: of ours it begins with `binance-creds`; of what no program can be ahead of it ends as
            `benchmarks.standing.FLOORS` says.
        measure: see above.
        beside: the row that its ratio is to, and its only peer; without it the ratio is to the base
            of the table, and all rows that are neither ours nor a floor are its peers.
        why: the reason in words, where it may be behind a peer.
    """

    name: str
    measure: Callable[[], float]
    beside: str = ""
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """A table: cases beside each other, one of which is the base of the ratios.

    Args:
        title: what is measured.
        unit: of the figures; less is better, unless the unit says `a second`.
        base: the name of the case that the ratios are to; the first if it was left out.
        to: the head of the column of ratios, where rows have bases of their own.
        note: a sentence below the table.
        rounds: fewer, where a figure is the same each time.
    """

    title: str
    unit: str
    cases: list[Case]
    base: str = ""
    note: str = ""
    rounds: int = ROUNDS
    to: str = ""


class Several:
    """Measures once in a round what stands in several tables: `figure` returns each in turn."""

    def __init__(self, measure: Callable[[], Mapping[str, float]]) -> None:
        self._measure = measure
        self._rounds: list[Mapping[str, float]] = []
        self._taken: dict[str, int] = {}

    def figure(self, name: str) -> float:
        taken = self._taken.get(name, 0)
        if taken == len(self._rounds):
            self._rounds.append(self._measure())
        self._taken[name] = taken + 1
        return self._rounds[taken][name]


@dataclass(frozen=True)
class Growth:
    """A plot: what a figure becomes as a number grows.

    Args:
        title: what is measured.
        unit: of the figures.
        over: what grows.
        numbers: its values.
        lines: for each line of the plot, the figure at a number.
        rounds: how often each figure is taken.
        peers: by line of ours, the line that it is compared with.
        why: by line of ours, the reason in words, where it may be behind that.
    """

    title: str
    unit: str
    over: str
    numbers: tuple[int, ...]
    lines: Mapping[str, Callable[[int], float]]
    note: str = ""
    rounds: int = 3
    peers: Mapping[str, str] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """The figures of each case, a figure for each round."""

    of: Comparison
    figures: Mapping[str, list[float]]
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.of.base if self.of.base in self.figures else next(iter(self.figures))

    def median(self, name: str) -> float:
        return statistics.median(self.figures[name])

    def ratios(self, name: str) -> list[float]:
        """Return the ratio in each round, to the base or to what the row is beside."""
        base = self.base_of(name)
        pairs = zip(self.figures[name], self.figures[base], strict=True)
        return [figure / base if base else 0.0 for figure, base in pairs]

    def base_of(self, name: str) -> str:
        beside = next((case.beside for case in self.of.cases if case.name == name), "")
        return beside if beside in self.figures else self.base

    def ratio(self, name: str) -> float:
        return statistics.median(self.ratios(name))

    def spread(self, name: str) -> tuple[float, float]:
        """Return the quartiles of the ratios."""
        ratios = self.ratios(name)
        if len(ratios) < 2:
            return ratios[0], ratios[0]
        low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return low, high


@dataclass(frozen=True)
class Grown:
    """The medians of a growth, a row of them for each line."""

    of: Growth
    lines: Mapping[str, list[float]]


@dataclass
class Bench:
    """What a group is given: whether it is only tried out, and where it says what it left out."""

    folder: Path
    is_trial: bool = False
    stack: ExitStack = field(default_factory=ExitStack)
    left_out: list[str] = field(default_factory=list)

    def number(self, number: int) -> int:
        """Return how often to repeat something: once for a trial."""
        return 1 if self.is_trial else number

    def has(self, name: str, *modules: str) -> bool:
        """Tell whether the modules of a peer are installed; if not, the report says so."""
        lacking = [it for it in modules if not is_installed(it)]
        if lacking:
            self.left_out.append(f"{name}: `{lacking[0]}` is not installed")
        return not lacking


class Group(Protocol):
    """A module of `benchmarks.groups`."""

    TITLE: str
    ABOUT: str

    def comparisons(self, bench: Bench) -> Iterator[Comparison | Growth]:
        """Yield each table; what it needs is there until the next is asked for."""
        ...


def is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False


def measured(comparison: Comparison, *, is_trial: bool = False) -> Measured:
    """Measure all cases once in each round, in an order that moves on.

    One that fails is reported and measured no more; a trial ends with its error.
    """
    figures: dict[str, list[float]] = {case.name: [] for case in comparison.cases}
    failed: dict[str, str] = {}
    for number in range(1 if is_trial else comparison.rounds):
        first = number % len(comparison.cases)
        for case in (*comparison.cases[first:], *comparison.cases[:first]):
            if case.name in failed:
                continue
            try:
                figures[case.name].append(case.measure())
            except Exception as error:
                if is_trial:
                    raise
                failed[case.name] = f"{type(error).__name__}: {error}"
    return Measured(comparison, {n: it for n, it in figures.items() if n not in failed}, failed)


def grown(growth: Growth, *, is_trial: bool = False) -> Grown:
    """Measure each line at each number; for a trial, at the smallest."""
    numbers = growth.numbers[:1] if is_trial else growth.numbers
    figures: dict[tuple[str, int], list[float]] = {}
    for _ in range(1 if is_trial else growth.rounds):
        for number in numbers:
            for name, measure in growth.lines.items():
                figures.setdefault((name, number), []).append(measure(number))
    return Grown(
        growth,
        {name: [statistics.median(figures[name, it]) for it in numbers] for name in growth.lines},
    )


def repeated(call: Callable[[], object], number: int, unit: float = 1e6) -> Callable[[], float]:
    """Return a function that measures a call: the processor time of one of many, in microseconds.

    Processor time, because what other programs do meanwhile is no cost of the call.
    """

    def measure() -> float:
        began = time.process_time()
        for _ in range(number):
            call()
        return (time.process_time() - began) / number * unit

    call()
    return measure


def results(
    comparisons: Iterable[Comparison | Growth], *, is_trial: bool
) -> Iterator[Measured | Grown]:
    for one in comparisons:
        if isinstance(one, Growth):
            yield grown(one, is_trial=is_trial)
        else:
            yield measured(one, is_trial=is_trial)
