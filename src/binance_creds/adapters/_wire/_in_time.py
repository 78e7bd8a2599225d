"""A signature that comes from outside may come too late for the request that it is for."""

from __future__ import annotations

import re
import time
from typing import Final

from binance_creds.errors import ProviderUnavailableError

__all__ = ["DEFAULT_RECV_WINDOW_MS", "Stamp", "too_late"]

DEFAULT_RECV_WINDOW_MS: Final = 5000  # the exchange's own default; rest-api.md, Timing security
_WINDOW: Final = re.compile(rb"(?:^|&)recvWindow=([0-9]{1,5})(?:[.&]|$)")


class Stamp:
    """The moment in which a request got its timestamp.

    Args:
        payload: with the timestamp, and with `recvWindow` if it has one.

    Attributes:
        payload: see above.
    """

    __slots__ = ("_ends_at", "payload")

    def __init__(self, payload: bytes) -> None:
        found = _WINDOW.search(payload)
        window_ms = int(found[1]) if found else DEFAULT_RECV_WINDOW_MS
        self.payload = payload
        self._ends_at = time.monotonic() + window_ms / 1000

    @property
    def is_over(self) -> bool:
        """Whether the exchange would answer -1021 by now."""
        return time.monotonic() >= self._ends_at


def too_late(where: str) -> ProviderUnavailableError:
    """Return the error for a request that was not sent."""
    return ProviderUnavailableError(
        "the signature took longer than the request's recvWindow, and the request was not sent.",
        source=where,
        hint="Find out what slows the signer down, or raise recvWindow (60000 ms at most).",
    )
