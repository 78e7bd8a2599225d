"""How long to wait before the next try, so that many clients do not come back at one moment."""

from __future__ import annotations

import os

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

__all__ = ["draw_between", "next_pause"]

_BITS: Final = 53  # of a float's mantissa


def draw_between(low: float, high: float) -> float:
    """Return a random number between two, without the start-up time of `random`."""
    return low + (high - low) * (int.from_bytes(os.urandom(8), "big") >> 64 - _BITS) / (1 << _BITS)


def next_pause(
    last: float,
    *,
    first: float,
    longest: float,
    draw: Callable[[float, float], float] = draw_between,
) -> float:
    """Return a pause with decorrelated jitter: from `first` to three times the last one.

    Args:
        last: the pause before, in seconds; 0 after a success.
        first: the shortest pause, in seconds.
        longest: the longest one, in seconds.
        draw: a random number between two.
    Source: AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
    """
    return min(longest, draw(first, 3 * max(first, last)))
