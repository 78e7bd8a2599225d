"""SDK clients that outlive a load: building one, and logging in, costs more than a read."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from binance_creds._threads._fork import call_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["ClientPool"]

CAPACITY: Final = 32  # stores; a program that uses more builds some of their clients again

_C = TypeVar("_C")


class _Slot(Generic[_C]):
    """The place of one client; its lock lets one thread build while the others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # guards the two below
        self.client: _C | None = None
        self.built_at = 0.0


class ClientPool(Generic[_C]):
    """Keep one client for each store, for the whole process; a forked child starts clean.

    The oldest client is dropped first; callers that hold it keep it. Threads may share the pool.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start_clean()
        call_after_fork(self, ClientPool._start_clean)

    def _start_clean(self) -> None:
        self._lock = threading.Lock()  # guards _slots
        self._slots: dict[Hashable, _Slot[_C]] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def get(self, key: Hashable, build: Callable[[], _C]) -> _C:
        """Return the client of a store, built at first use; others of its key wait for that."""
        with self._lock:
            while key not in self._slots and len(self._slots) >= CAPACITY:
                del self._slots[next(iter(self._slots))]
            slot = self._slots.setdefault(key, _Slot())
        with slot.lock:
            if slot.client is None:
                slot.client = build()
                slot.built_at = self._clock()
            return slot.client

    def drop(self, key: Hashable, *, built_before: float = float("inf")) -> bool:
        """Forget the client of a store, and its login; return whether there was one to forget.

        Args:
            key: of the store.
            built_before: keep one that was built at or after this time of the clock.
        """
        with self._lock:
            slot = self._slots.get(key)
            if slot is None or slot.client is None or slot.built_at >= built_before:
                return False
            del self._slots[key]
            return True

    def clear(self) -> None:
        """Forget all clients."""
        with self._lock:
            self._slots = {}
