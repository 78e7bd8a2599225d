"""The open WebSocket connections of the local exchange, and their faults on order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds.testing.exchange._websocket._connection import Connection

__all__ = ["Sockets"]


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
        self._lost_answers = 0

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

    def refuse(self, count: int = 1, *, status: int = 503) -> None:
        """Answer the next handshakes with an HTTP status."""
        with self._lock:
            self._refusals += [status] * count

    def lose_answers(self, count: int = 1) -> None:
        """Carry out the next requests, and cut their connections instead of answering."""
        with self._lock:
            self._lost_answers += count

    def refusal(self) -> int | None:
        """Return the status that a handshake is to be refused with, if it is."""
        with self._lock:
            return self._refusals.pop(0) if self._refusals else None

    def loses_answer(self) -> bool:
        """Return whether the connection of this request is to be cut after it."""
        with self._lock:
            is_lost = self._lost_answers > 0
            self._lost_answers -= is_lost
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
