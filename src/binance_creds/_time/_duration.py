"""Durations as users write them: `30s`, `5m`, `1h`, `7d`."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Final

__all__ = ["LONGEST_SECONDS", "duration_seconds"]

LONGEST_SECONDS: Final = 3650 * 86400.0
"""Ten years: the timeouts of locks and sockets overflow at 292."""

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration_seconds(text: str, *, name: str) -> float:
    """Return the seconds of a duration with a unit.

    Args:
        text: a positive number directly followed by `ms`, `s`, `m`, `h` or `d`.
        name: what the duration is for, used in the error.

    Raises:
        ConfigurationError: there is no unit, or no positive number before it.
    """
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    factor = _SECONDS.get(text[len(number) :])
    is_decimal = number.replace(".", "", 1).isdecimal() and number.isascii()
    if factor is None or not is_decimal or float(number) == 0:
        msg = f"{name} must be a duration with a unit: ms, s, m, h or d."
        raise ConfigurationError(msg, hint="Write for example 30s, 5m or 24h.")
    return float(number) * factor
