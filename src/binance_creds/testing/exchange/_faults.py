"""Faults of the local exchange on order: errors, lost connections, waits.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (HTTP Return Codes, IP Limits) and errors.md.
"""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._errors import Dropped, ExchangeError, OtherAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.testing.exchange._incoming import Incoming

__all__ = ["Faults"]

_WEIGHT: Final = "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."
_TIMEOUT: Final = (
    "Timeout waiting for response from backend server. Send status unknown; "
    "execution status unknown."
)
_BUSY: Final = "Unknown error, please check your request or try again later."
_FINE: Final = 200
_OF_STATUS: Final = {
    403: (-1003, _WEIGHT),
    418: (-1003, _WEIGHT),
    429: (-1003, _WEIGHT),
    500: (-1000, "An unknown error occurred while processing the request."),
    502: (-1001, "Internal error; unable to process your request. Please try again."),
    503: (-1000, _BUSY),
    504: (-1007, _TIMEOUT),
}


@dataclass(slots=True)
class _Fault:
    """What happens to the next requests of a path."""

    act: Callable[[], object]
    path: str
    left: float
    is_after: bool = False
    is_of_http: bool = False

    def fits(self, incoming: Incoming, *, is_after: bool) -> bool:
        is_meant = not self.path or self.path == incoming.path
        is_reached = not self.is_of_http or incoming.transport == "rest"
        return is_meant and is_reached and self.is_after is is_after


class Faults:
    """Keep the faults that tests have ordered. Threads may share it.

    Each says how many requests it is for, and of which path; without one it is for all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fault_lock: Final = threading.Lock()  # guards _faults
        self._faults: list[_Fault] = []

    def throttle(self, count: int = 1, *, status: int = 429, retry_after_seconds: int = 1) -> None:
        """Answer the next requests with 429 (too many) or 418 (banned for going on)."""
        error = ExchangeError(status, *_OF_STATUS[status], retry_after=retry_after_seconds)
        self._order(_Fault(partial(_raise, error), "", count))

    def fail(
        self, count: int = 1, *, path: str = "", status: int = 503, after: bool = False
    ) -> None:
        """Answer the next requests with an error of the server: 500, 502, 503 or 504.

        Args:
            count: how many.
            path: of which endpoint; empty for all.
            status: the HTTP status.
            after: whether the request is carried out first, so that an order is placed.
        """
        error = ExchangeError(status, *_OF_STATUS.get(status, _OF_STATUS[500]))
        self._order(_Fault(partial(_raise, error), path, count, is_after=after))

    def reply(
        self,
        body: str,
        count: int = 1,
        *,
        path: str = "",
        status: int = 200,
        content_type: str = "text/html",
    ) -> None:
        """Answer the next HTTP requests with something else, such as the page of a firewall.

        Args:
            body: what is sent.
            count: how many times.
            path: of which endpoint; empty for all.
            status: the HTTP status.
            content_type: of the body.
        """
        other = OtherAnswer(status, body.encode(), content_type)
        self._order(_Fault(partial(_raise, other), path, count, is_of_http=True))

    @contextmanager
    def flap(self, *statuses: int, path: str = "") -> Iterator[None]:
        """Answer HTTP requests by turns until the end of a `with` statement.

        Args:
            statuses: 200 for what is asked for, 0 for a connection that ends, else the status of an
                error.
            path: of which endpoint; empty for all.
        """
        turns = itertools.cycle([_turn(status) for status in statuses])

        def take_turn() -> None:
            next(turns)()

        fault = _Fault(take_turn, path, float("inf"), is_of_http=True)
        self._order(fault)
        try:
            yield
        finally:
            fault.left = 0

    def drop(self, count: int = 1, *, path: str = "", after: bool = False) -> None:
        """Close the connection of the next HTTP requests instead of answering.

        Args:
            count: how many.
            path: of which endpoint; empty for all.
            after: whether the request is carried out first, so that an order is placed.
        """
        fault = _Fault(partial(_raise, Dropped()), path, count, is_after=after, is_of_http=True)
        self._order(fault)

    def delay(self, seconds: float, count: int = 1, *, path: str = "") -> None:
        """Let the next HTTP requests wait before they are looked at."""
        self._order(_Fault(partial(time.sleep, seconds), path, count, is_of_http=True))

    @contextmanager
    def hold(self, *, path: str = "") -> Iterator[None]:
        """Let all HTTP requests wait until the end of a `with` statement."""
        is_over = threading.Event()
        fault = _Fault(is_over.wait, path, float("inf"), is_of_http=True)
        self._order(fault)
        try:
            yield
        finally:
            fault.left = 0
            is_over.set()

    def forget_faults(self) -> None:
        """Serve the next requests as usual, whatever was ordered."""
        with self._fault_lock:
            self._faults.clear()

    def _order(self, fault: _Fault) -> None:
        with self._fault_lock:
            self._faults.append(fault)

    def _meet_fault(self, incoming: Incoming, *, is_after: bool = False) -> None:
        """Let the oldest fault that fits happen to a request."""
        with self._fault_lock:
            self._faults = [fault for fault in self._faults if fault.left > 0]
            fits = (each for each in self._faults if each.fits(incoming, is_after=is_after))
            fault = next(fits, None)
            if fault is not None:
                fault.left -= 1
        if fault is not None:
            fault.act()


def _raise(error: Exception) -> None:
    raise error


def _turn(status: int) -> Callable[[], object]:
    if status == _FINE:
        return lambda: None
    if not status:
        return partial(_raise, Dropped())
    return partial(_raise, ExchangeError(status, *_OF_STATUS.get(status, _OF_STATUS[500])))
