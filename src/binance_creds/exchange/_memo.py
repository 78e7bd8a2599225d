"""What this process knows of pairs that were checked: for a day, and for whoever waited."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.errors import CredentialsError
    from binance_creds.exchange._findings import Findings

__all__ = ["MOST", "Asked", "Memo", "Pauses"]

_DAY_SECONDS: Final = 86_400.0
MOST: Final = 16_384  # pairs; 10,000 sub-accounts fit


class Asked(NamedTuple):
    """What came of asking about a pair.

    Attributes:
        findings: what the exchange says, also of a key that lacks the permission for its market.
        error: why the pair is not proven, or `None`.
        is_whole: whether it is proven, and nothing is missing that may be said at the next check.
    """

    findings: Findings | None = None
    error: CredentialsError | None = None
    is_whole: bool = False


class _Entry(NamedTuple):
    outcome: Asked
    at_seconds: float


class Memo:
    """Remember what was found of pairs, the latest of each.

    Threads may share it; it has no lock, so that a forked child finds none taken.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    def now(self) -> float:
        """Return what its clock shows."""
        return self._clock()

    def recall(self, pair: str, asked_at: float = math.inf) -> Asked | None:
        """Return what was found within a day, or, if it is not whole, since the caller asked."""
        entry = self._entries.get(pair)
        if entry is None:
            return None
        if entry.outcome.is_whole:
            is_valid = self._clock() - entry.at_seconds < _DAY_SECONDS
        else:
            is_valid = entry.at_seconds >= asked_at
        return entry.outcome if is_valid else None

    def keep(self, pair: str, outcome: Asked) -> None:
        """Remember an outcome; what was kept first is forgotten first."""
        self._entries.pop(pair, None)
        self._entries[pair] = _Entry(outcome, self._clock())
        _shorten(self._entries)


class Pauses:
    """Remember for how long hosts want no requests. Threads may share it; it has no lock either.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}

    def start(self, address: str, seconds: float) -> None:
        """Ask nothing there for a while; zero seconds change nothing."""
        if seconds:
            self._ends[address] = self._clock() + seconds
            _shorten(self._ends)

    def seconds(self, address: str) -> float:
        """Return how much of the pause of an address is left."""
        return max(0.0, self._ends.get(address, 0.0) - self._clock())


def _shorten(entries: dict[str, _Entry] | dict[str, float]) -> None:
    while len(entries) > MOST:
        with suppress(KeyError, RuntimeError, StopIteration):  # another thread was quicker
            del entries[next(iter(entries))]
