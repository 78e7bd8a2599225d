"""The time of the exchange: this machine's, plus an offset that somebody measured."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LARGEST_OFFSET_SECONDS", "how_far_off", "is_wrong", "offset_clock"]

_RIGHT_SECONDS: Final = 1.0  # rest-api.md, Timing security: how far ahead a timestamp may be
# A request that is signed for a time far ahead stays valid until then, for whoever has a copy.
LARGEST_OFFSET_SECONDS: Final = 300.0


def offset_clock(
    offset_seconds: Callable[[], float], *, clock: Callable[[], float] = time.time
) -> Callable[[], float]:
    """Return a clock that adds an offset, read anew each time, to this machine's.

    Args:
        offset_seconds: the exchange's time minus this machine's.
        clock: seconds since the epoch.

    Returns:
        A callable that gives seconds since the epoch, and raises `ConfigurationError` where the
        offset is larger than 300 s: then the machine's clock must be set.
    """

    def now() -> float:
        offset = offset_seconds()
        if not -LARGEST_OFFSET_SECONDS <= offset <= LARGEST_OFFSET_SECONDS:
            msg = f"this machine's clock is {how_far_off(offset)} the exchange's."
            raise ConfigurationError(msg, hint="Set the clock, for instance by NTP.")
        return clock() + offset

    return now


def is_wrong(offset_seconds: float | None) -> bool:
    """Whether a clock is so far off that requests may be refused for it."""
    return offset_seconds is not None and abs(offset_seconds) >= _RIGHT_SECONDS


def how_far_off(offset_seconds: float) -> str:
    """Return how this machine's clock stands to the exchange's, in words that come before it.

    Args:
        offset_seconds: the exchange's time minus this machine's.
    """
    side = "behind" if offset_seconds > 0 else "ahead of"
    return f"{abs(offset_seconds):.0f} s {side}"
