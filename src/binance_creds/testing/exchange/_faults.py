"""Faults of the local exchange on order."""

from __future__ import annotations

import threading
from typing import Final

from binance_creds.testing.exchange._errors import ExchangeError

__all__ = ["Faults"]


class Faults:
    """Keep the faults that tests have ordered. Threads may share it."""

    def __init__(self) -> None:
        super().__init__()
        self._fault_lock: Final = threading.Lock()  # guards _throttled
        self._throttled: list[ExchangeError] = []

    def throttle(self, count: int = 1, *, status: int = 429, retry_after_seconds: int = 1) -> None:
        """Answer the next requests with 429 (too many) or 418 (banned for going on).

        Source: binance-spot-api-docs a5e0bc3d, rest-api.md, IP Limits.
        """
        error = ExchangeError(
            status,
            -1003,
            "Too much request weight used; current limit is 6000 request weight per 1 MINUTE.",
            retry_after=retry_after_seconds,
        )
        with self._fault_lock:
            self._throttled += [error] * count

    def _raise_fault(self) -> None:
        with self._fault_lock:
            throttled = self._throttled.pop() if self._throttled else None
        if throttled is not None:
            raise throttled
