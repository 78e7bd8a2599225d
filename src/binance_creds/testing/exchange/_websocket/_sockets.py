"""The open WebSocket connections of the local exchange, and their faults on order."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.testing.exchange._websocket._connection import Connection

__all__ = ["Sockets"]


@dataclass(eq=False, slots=True)
class _Hold:
    """Requests that wait."""

    count: int
    method: str | None
    methods: list[str] = field(default_factory=list)
    releases: list[Callable[[], object]] = field(default_factory=list)

    def fits(self, method: str) -> bool:
        return len(self.releases) < self.count and self.method in {None, method}


class Sockets:
    """Count, drop, refuse and delay WebSocket connections. Threads may share it.

    Attributes:
        latency_seconds: how long each request waits before it is read; 0 by default.
    """

    def __init__(self) -> None:
        self.latency_seconds = 0.0
        self._lock: Final = threading.Lock()  # guards all below
        self._open: list[Connection] = []
        self._opened = 0
        self._refusals: list[int] = []
        self._lost_answers: tuple[int, str | None] = (0, None)
        self._holds: list[_Hold] = []

    @property
    def open(self) -> int:
        """How many connections are open."""
        with self._lock:
            return len(self._open)

    @property
    def opened(self) -> int:
        """How many connections there have been, the open ones included."""
        with self._lock:
            return self._opened

    def drop(self) -> int:
        """Cut every connection without a closing handshake, and return how many there were."""
        with self._lock:
            dropped = list(self._open)
        for connection in dropped:
            connection.drop()
        return len(dropped)

    def shut_down(self) -> int:
        """Tell every connection of `serverShutdown`, close it, and return how many there were.

        Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, Server Shutdown.
        """
        with self._lock:
            told = list(self._open)
        for connection in told:
            connection.send({"event": {"e": "serverShutdown", "E": int(time.time() * 1000)}})
            connection.end()
        return len(told)

    def refuse(self, count: int = 1, *, status: int = 503) -> None:
        """Answer the next handshakes with an HTTP status; 0 ends an earlier order."""
        with self._lock:
            self._refusals = [status] * count

    def lose_answers(self, count: int = 1, *, method: str | None = None) -> None:
        """Carry out the next requests, and cut their connections instead of answering.

        Args:
            count: how many; 0 ends an earlier order.
            method: of this method only, such as `order.place`; of all by default.
        """
        with self._lock:
            self._lost_answers = count, method

    @contextmanager
    def hold(self, count: int = 1, *, method: str | None = None) -> Iterator[list[str]]:
        """Let the next requests wait until the end of a `with` statement.

        Args:
            count: how many; others are answered at once.
            method: of this method only, such as `order.place`; of all by default.

        Yields:
            The methods of the requests that wait so far.
        """
        hold = _Hold(count, method)
        with self._lock:
            self._holds.append(hold)
        try:
            yield hold.methods
        finally:
            with self._lock:
                self._holds.remove(hold)
            for release in hold.releases:
                release()

    def holds(self, method: str, release: Callable[[], object]) -> bool:
        """Return whether a request waits; then `release` is called when it is over."""
        with self._lock:
            hold = next((each for each in self._holds if each.fits(method)), None)
            if hold is not None:
                hold.releases.append(release)
                hold.methods.append(method)
        return hold is not None

    def refusal(self) -> int | None:
        """Return the status that a handshake is to be refused with, if it is."""
        with self._lock:
            return self._refusals.pop(0) if self._refusals else None

    def loses_answer(self, method: str) -> bool:
        """Return whether the connection of a request is to be cut after it."""
        with self._lock:
            left, wanted = self._lost_answers
            is_lost = left > 0 and wanted in {None, method}
            self._lost_answers = left - is_lost, wanted
        return is_lost

    def add(self, connection: Connection) -> None:
        """Count a connection that is open now."""
        with self._lock:
            self._open.append(connection)
            self._opened += 1

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        with self._lock:
            self._open.remove(connection)
