"""`Aging`: when to warn that a key is old, or that its right to trade ends; decisions alone."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.live.decide._messages import Kind, Output, Tell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from binance_creds.live.decide._messages import Moment

    Stage = tuple[float, Kind]  # when, by the wall clock, and what is told then

__all__ = ["NO_DATES", "Aging", "Dates"]

_NEVER: Final = float("inf")
_SOON: Final = 0.8  # of a key's time, after which its rotation is to be prepared
_FIRST_SECONDS: Final = 1.0  # after a start, for hooks that are added then
_LONGEST_SECONDS: Final = 3600.0  # between two looks: the wall clock may be set meanwhile
_DAY_SECONDS: Final = 86_400.0
_NOTICES: Final = (7 * _DAY_SECONDS, _DAY_SECONDS)  # before a right to trade ends


class Dates(NamedTuple):
    """What is known of a key's time, in seconds since the epoch; infinite if nothing is.

    Attributes:
        created_at: when it was made.
        rotate_by: when it should be replaced.
        trading_ends_at: when its right to trade ends.
    """

    created_at: float = _NEVER
    rotate_by: float = _NEVER
    trading_ends_at: float = _NEVER


NO_DATES: Final = Dates()
_NOTHING: Final[frozenset[Stage]] = frozenset()


class Aging:
    """Tell of each date once, of several that are past the last alone.

    Attributes:
        due_at: when `tick` must come at the latest, in the seconds of `Moment.at`.
    """

    __slots__ = ("_dates", "_told", "due_at")

    def __init__(self, now: float, dates: Dates) -> None:
        self.due_at = _NEVER if dates == NO_DATES else now + _FIRST_SECONDS
        self._dates: Dates | None = None
        self._told = _NOTHING

    def tick(self, moment: Moment, dates: Dates) -> list[Output]:
        """Tell what is due by the wall clock: at `due_at`, or at once of another pair."""
        if dates != self._dates:
            self._dates, self._told = dates, _NOTHING
        outputs: list[Output] = []
        for stages in (_of_rotation(dates), _of_trading(dates)):
            passed = [(at, kind) for at, kind in stages if moment.wall >= at]
            if passed and passed[-1] not in self._told:
                outputs.append(Tell(passed[-1][1]))
            self._told = self._told.union(passed) if passed else self._told
        self._plan(moment, dates)
        return outputs

    def _plan(self, moment: Moment, dates: Dates) -> None:
        stages = *_of_rotation(dates), *_of_trading(dates)
        left = min((at - moment.wall for at, _ in stages if at > moment.wall), default=_NEVER)
        self.due_at = moment.at + (min(left, _LONGEST_SECONDS) if left < _NEVER else _NEVER)


def _of_rotation(dates: Dates) -> Iterator[Stage]:
    if dates.rotate_by < _NEVER:
        soon = dates.created_at + _SOON * (dates.rotate_by - dates.created_at)
        yield (soon, Kind.ROTATE_SOON)
        yield (dates.rotate_by, Kind.ROTATE_NOW)


def _of_trading(dates: Dates) -> Iterator[Stage]:
    if dates.trading_ends_at < _NEVER:
        for notice in _NOTICES:
            yield (dates.trading_ends_at - notice, Kind.TRADING_ENDS)
        yield (dates.trading_ends_at, Kind.TRADING_ENDED)
