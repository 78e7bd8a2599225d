"""`Deadline`: one point in monotonic time that a whole load shares."""

from __future__ import annotations

import time

from binance_creds._typing import TYPE_CHECKING, final
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

__all__ = ["DEFAULT_TIMEOUT_SECONDS", "Deadline"]

_LONGEST_SECONDS: Final = 3650 * 86400.0  # what waits for locks and sockets overflows at 292 years
DEFAULT_TIMEOUT_SECONDS: Final = 30.0  # covers a cloud login, its retries and the read


@final
class Deadline:
    """A point in monotonic time; setting the wall clock does not move it.

    Args:
        seconds: how long from now; must be positive.
        clock: monotonic seconds; `time.monotonic` by default.

    Attributes:
        seconds: how long it was when it began.

    Raises:
        ConfigurationError: `seconds` is not a positive number, or more than ten years.
    """

    __slots__ = ("_clock", "_ends_at", "seconds")

    def __init__(
        self,
        seconds: float = DEFAULT_TIMEOUT_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        is_number = False if isinstance(seconds, bool) else isinstance(seconds, int | float)
        if not is_number or not 0 < seconds <= _LONGEST_SECONDS:
            msg = "timeout_seconds must be a positive number of seconds, of ten years at most."
            raise ConfigurationError(msg)
        self._clock = clock
        self.seconds = seconds
        self._ends_at = clock() + seconds

    @property
    def remaining_seconds(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._ends_at - self._clock())

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._clock() >= self._ends_at

    def at_most(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and one that many seconds from now."""
        return self if self.remaining_seconds <= seconds else Deadline(seconds, clock=self._clock)

    def share(self, count: int) -> Deadline:
        """Return a deadline after an equal share of what remains, for the first of `count`.

        One that is over stays over.
        """
        remaining = self.remaining_seconds if count > 1 else 0.0
        return Deadline(remaining / count, clock=self._clock) if remaining else self
