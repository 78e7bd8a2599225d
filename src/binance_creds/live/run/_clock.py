"""The clocks of an engine."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import Moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from binance_creds._refresh_policy import RefreshPolicy

__all__ = ["Times"]


class Times:
    """The clocks of an engine.

    Attributes:
        seconds: monotonic.
        wall: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self.seconds, self.wall = clock, wall

    def moment(self, policy: RefreshPolicy) -> Moment:
        """Return the time, with when the swap window of a policy opens."""
        window = policy.swap_window
        opens_in = 0.0 if window is None else window.opens_in_seconds(self.now())
        return Moment(self.seconds(), opens_in, self.wall())

    def now(self) -> datetime:
        """Return the date and time, UTC."""
        from datetime import UTC, datetime  # noqa: PLC0415  # 2 ms that a start does not need

        return datetime.fromtimestamp(self.wall(), UTC)
