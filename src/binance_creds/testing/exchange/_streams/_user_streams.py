"""User data streams: who listens to which account, and what was emitted.

Source: binance-spot-api-docs a5e0bc3d, user-data-stream.md, and web-socket-api.md (User Data
Stream subscription).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from binance_creds.testing.exchange._errors import ExchangeError, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds.testing.exchange._endpoints._symbols import Product

    Event = Mapping[str, object]

__all__ = ["Emission", "Subscription", "UserStreams"]


class Emission(NamedTuple):
    """An event of an account, and how many streams it was sent to.

    Attributes:
        event: as it was emitted, without what a stream wraps around it.
        account: whose event it is.
        product: `spot`, `margin`, `um` (USD-M futures) or `cm` (COIN-M futures).
        deliveries: how many streams were open; 0 if nobody listened.
    """

    event: Event
    account: str
    product: Product
    deliveries: int


class Subscription(Protocol):
    """One stream of an account on one connection."""

    @property
    def account(self) -> str: ...
    @property
    def product(self) -> Product: ...
    @property
    def api_key(self) -> str | None:
        """The key that opened it; it ends when that key is revoked."""

    @property
    def listen_key(self) -> object:
        """The listen key or token that opened it, or `None`; it ends with that."""

    @property
    def connection(self) -> object: ...
    def deliver(self, event: Event) -> None:
        """Send an event; it does not block."""

    def end(self, now_ms: int) -> None:
        """Send the event that tells of the end, and close what ends with it."""


class UserStreams:
    """Deliver events to the streams of an account. Threads may share it.

    Args:
        now_ms: what the exchange's clock shows.
        is_revoked: whether an API key is revoked; asked under the lock, so that no stream of a
            key opens after the streams of that key were ended.
    """

    def __init__(self, now_ms: Callable[[], int], is_revoked: Callable[[str], bool]) -> None:
        self.now_ms: Final = now_ms
        self._is_revoked: Final = is_revoked
        self._lock: Final = threading.Lock()  # guards all below
        self._open: list[Subscription] = []
        self._emitted: list[Emission] = []
        self._last_stamp = 0

    @property
    def emitted(self) -> list[Emission]:
        """Every event so far, in order."""
        with self._lock:
            return list(self._emitted)

    def stamp(self) -> int:
        """Return the time for an event, in milliseconds; no two events have the same.

        So a client that drops what it has seen before drops no event of its own.
        """
        with self._lock:
            self._last_stamp = max(self.now_ms(), self._last_stamp + 1)
            return self._last_stamp

    def open(self, subscription: Subscription) -> None:
        """Begin to deliver.

        Raises:
            ExchangeError: -2035, the account has a stream on this connection already; -2015, the
                key was revoked in this moment.
        """
        with self._lock:
            if subscription.api_key is not None and self._is_revoked(subscription.api_key):
                raise refused()
            if any(_is_same(subscription, other) for other in self._open):
                message = "User Data Stream subscription already active."
                raise ExchangeError(400, -2035, message)
            self._open.append(subscription)

    def of(self, connection: object) -> list[Subscription]:
        """Return the streams of a connection, the oldest first."""
        with self._lock:
            return [each for each in self._open if each.connection is connection]

    def open_of(self, account: str) -> list[Subscription]:
        """Return the streams of an account."""
        with self._lock:
            return [each for each in self._open if each.account == account]

    def emit(self, event: Event, account: str, product: Product) -> Emission:
        """Send an event to all streams of an account, in the same order on each."""
        with self._lock:
            streams = [s for s in self._open if (s.account, s.product) == (account, product)]
            for stream in streams:
                stream.deliver(event)
            emission = Emission(event, account, product, len(streams))
            self._emitted.append(emission)
        return emission

    def end(self, is_ended: Callable[[Subscription], bool]) -> int:
        """End streams with the event that tells of it, and return how many there were."""
        ended = self.forget(is_ended)
        for stream in ended:
            stream.end(self.now_ms())
        return len(ended)

    def forget(self, is_forgotten: Callable[[Subscription], bool]) -> list[Subscription]:
        """Stop delivering without a word, as a lost connection does, and return which."""
        with self._lock:
            gone = [each for each in self._open if is_forgotten(each)]
            self._open = [each for each in self._open if each not in gone]
        return gone


def _is_same(one: Subscription, other: Subscription) -> bool:
    return one.connection is other.connection and (one.account, one.product) == (
        other.account,
        other.product,
    )
