"""Seconds that go on while the machine sleeps: a laptop that wakes has stale credentials."""

from __future__ import annotations

import time

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Final

__all__ = ["Times", "seconds"]

# Linux's CLOCK_MONOTONIC stands still in suspend, CLOCK_BOOTTIME does not (clock_gettime(2)); on
# macOS it is CLOCK_MONOTONIC that goes on, and time.monotonic() that does not (its man page).
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def seconds() -> float:
    """Return monotonic seconds, suspend included; setting the wall clock does not move them."""
    if _CLOCK is None:  # pragma: no cover  # Windows, where monotonic goes on
        return time.monotonic()
    return time.clock_gettime(_CLOCK)


class Times:
    """The clocks of an engine of live handles.

    Attributes:
        seconds: monotonic.
        wall: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self.seconds, self.wall = clock, wall

    def now(self) -> datetime:
        """Return the date and time, UTC."""
        from datetime import UTC, datetime  # noqa: PLC0415  # 2 ms that a start does not need

        return datetime.fromtimestamp(self.wall(), UTC)
