"""`SwapWindow`: the hours in which a rotation may happen, such as `Mon-Fri 02:00-02:30 UTC`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from binance_creds.errors import ConfigurationError

__all__ = ["SwapWindow"]

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW: Final = re.compile(
    r"(?:(?P<first>[A-Z][a-z]{2})(?:-(?P<last>[A-Z][a-z]{2}))? )?"
    r"(?P<begin>[0-2]\d:[0-5]\d)-(?P<end>[0-2]\d:[0-5]\d) UTC",
    re.ASCII,
)
_FORM: Final = "Write for example: Mon-Fri 02:00-02:30 UTC"
_DAY_MINUTES: Final = 24 * 60
_WEEK_MINUTES: Final = 7 * _DAY_MINUTES


class SwapWindow(NamedTuple):
    """A weekly window in UTC, which has no summer time to skip or repeat an hour.

    Attributes:
        days: 0 for Monday to 6, on which it begins.
        begins: minutes after midnight.
        length: in minutes; it may pass midnight.
    """

    days: tuple[int, ...]
    begins: int
    length: int

    @classmethod
    def parse(cls, text: str) -> SwapWindow:
        """Read `[DAY[-DAY] ]HH:MM-HH:MM UTC`.

        Raises:
            ConfigurationError: the text is not of this form.
        """
        found = _WINDOW.fullmatch(text)
        days = None if found is None else _days(found["first"], found["last"])
        if found is None or days is None:
            msg = "swap_window must have the form [DAY[-DAY] ]HH:MM-HH:MM UTC."
            raise ConfigurationError(msg, hint=_FORM)
        begins, ends = _minutes(found["begin"]), _minutes(found["end"])
        if begins >= _DAY_MINUTES or ends > _DAY_MINUTES or begins == ends:
            msg = "swap_window must begin and end at two different times of a day."
            raise ConfigurationError(msg, hint=_FORM)
        return cls(days, begins, (ends - begins) % _DAY_MINUTES or _DAY_MINUTES)

    def opens_in_seconds(self, now: datetime) -> float:
        """Return how long until it is open; zero while it is.

        Args:
            now: timezone-aware.
        """
        moment = now.astimezone(UTC)
        monday = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        monday -= timedelta(days=moment.weekday())
        minutes = (moment - monday).total_seconds() / 60
        waits = []
        for day in self.days:
            since = (minutes - day * _DAY_MINUTES - self.begins) % _WEEK_MINUTES
            waits.append(0.0 if since < self.length else _WEEK_MINUTES - since)
        return min(waits) * 60


def _days(first: str | None, last: str | None) -> tuple[int, ...] | None:
    if first is None:
        return tuple(range(7))
    if first not in _DAYS or (last is not None and last not in _DAYS):
        return None
    begin = _DAYS.index(first)
    end = begin if last is None else _DAYS.index(last)
    return tuple((begin + i) % 7 for i in range((end - begin) % 7 + 1))


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
