"""The clocks of an engine."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["Times"]


class Times:
    """The clocks of an engine.

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
