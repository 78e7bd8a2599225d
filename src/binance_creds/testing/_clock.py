"""`FakeClock`: monotonic and wall-clock time that a test moves."""

from __future__ import annotations

import threading

__all__ = ["FakeClock"]


class FakeClock:
    """Stand in for `time.monotonic` when called, and for `time.time` by `wall`.

    Args:
        seconds: where monotonic time starts.
        wall_seconds: where the wall clock starts, in seconds since the epoch.
    """

    def __init__(self, seconds: float = 1000.0, wall_seconds: float = 1_800_000_000.0) -> None:
        self._lock = threading.Lock()  # guards both
        self._seconds = seconds
        self._wall_seconds = wall_seconds

    def __call__(self) -> float:
        """Return monotonic seconds."""
        return self._seconds

    def wall(self) -> float:
        """Return wall-clock seconds since the epoch."""
        return self._wall_seconds

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        if seconds < 0:
            msg = "time does not run backwards; use set_wall() for a wall clock that jumps"
            raise ValueError(msg)
        with self._lock:
            self._seconds += seconds
            self._wall_seconds += seconds

    def set_wall(self, wall_seconds: float) -> None:
        """Set the wall clock alone, as an administrator or NTP would."""
        with self._lock:
            self._wall_seconds = wall_seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass instead of waiting; give it where `time.sleep` is expected."""
        self.advance(seconds)
