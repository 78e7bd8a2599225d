"""How long to wait before the next try, so that many clients do not come back at one moment."""

from __future__ import annotations

from random import uniform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["next_pause"]


def next_pause(
    last: float,
    *,
    first: float,
    longest: float,
    draw: Callable[[float, float], float] = uniform,
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
