"""`Timetable`: when each subject is to be ticked; the next is found without a look at all."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from binance_creds.live.run._subject import Subject

__all__ = ["Timetable"]

_NEVER: Final = float("inf")


class Timetable:
    """Times of things. Setting one and taking what is due cost the logarithm of their number."""

    def __init__(self) -> None:
        self._times: dict[Subject, float] = {}
        self._heap: list[tuple[float, int, Subject]] = []  # with entries that are no longer so
        self._numbers = count()  # no two entries are alike, and things need no order

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[Subject]:
        return iter(list(self._times))

    def __contains__(self, thing: object) -> bool:
        return thing in self._times

    @property
    def next_at(self) -> float:
        """The earliest time; infinite if there is none."""
        while self._heap and not self._is_so(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else _NEVER

    def set(self, thing: Subject, at: float) -> None:
        """Set the time of a thing, be it new or not."""
        if self._times.get(thing) == at:
            return
        self._times[thing] = at
        if at < _NEVER:
            heappush(self._heap, (at, next(self._numbers), thing))
        if len(self._heap) > 2 * len(self._times) + 8:
            self._heap = [entry for entry in self._heap if self._is_so(entry)]
            heapify(self._heap)

    def bring_forward(self, thing: Subject, at: float) -> None:
        """Set the time of a thing that has a later one; one that is not there is fine."""
        if at < self._times.get(thing, at):
            self.set(thing, at)

    def remove(self, thing: Subject) -> None:
        """Forget a thing; one that is not there is fine."""
        self._times.pop(thing, None)

    def due(self, now: float, most: int) -> list[Subject]:
        """Take things whose time has come, the earliest first; each has no time until it is set."""
        found: list[Subject] = []
        while len(found) < most and self.next_at <= now:
            _, _, thing = heappop(self._heap)
            self._times[thing] = _NEVER
            found.append(thing)
        return found

    def _is_so(self, entry: tuple[float, int, Subject]) -> bool:
        at, _, thing = entry
        return self._times.get(thing) == at
