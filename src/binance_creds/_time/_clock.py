"""Seconds that go on while the machine sleeps: a laptop that wakes has stale credentials."""

from __future__ import annotations

import time

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

__all__ = ["seconds"]

# Linux's CLOCK_MONOTONIC stands still in suspend, CLOCK_BOOTTIME does not (clock_gettime(2)); on
# macOS it is CLOCK_MONOTONIC that goes on, and time.monotonic() that does not (its man page).
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def seconds() -> float:
    """Return monotonic seconds, suspend included; setting the wall clock does not move them."""
    if _CLOCK is None:  # pragma: no cover  # Windows, where monotonic goes on
        return time.monotonic()
    return time.clock_gettime(_CLOCK)
