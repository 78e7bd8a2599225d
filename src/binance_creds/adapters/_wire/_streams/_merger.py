"""`EventMerger`: one stream of events out of two subscriptions that overlap for a moment."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

__all__ = ["EventMerger"]

_REMEMBERED_SECONDS: Final = 60.0  # for what the slower connection still has underway


class EventMerger:
    """Pass each event of an account on once. Threads and tasks share it.

    While a new subscription overlaps the old one, the exchange sends every event to both. The same
    event has the same content, its id and time included; two that are equal and genuine come twice
    on each of them, which is why they are counted by connection.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards what follows
        self._open: set[Hashable] = set()
        self._seen: dict[Hashable, Counter[bytes]] = {}
        self._passed: Counter[bytes] = Counter()
        self._forget_at = 0.0

    def open(self, stream: Hashable) -> None:
        """Expect events of a further connection; call it before that one subscribes."""
        with self._lock:
            self._open.add(stream)

    def close(self, stream: Hashable) -> None:
        """Expect no more of a connection."""
        with self._lock:
            self._open.discard(stream)
            self._forget_at = self._clock() + _REMEMBERED_SECONDS

    def accept(self, stream: Hashable, event: Mapping[str, Any]) -> bool:
        """Return whether an event is new; `False` for one that another connection has brought."""
        with self._lock:
            if not self._overlaps():
                return True
            key = _digest(event)
            seen = self._seen.setdefault(stream, Counter())
            seen[key] += 1
            is_new = seen[key] > self._passed[key]
            self._passed[key] += is_new
            return is_new

    def _overlaps(self) -> bool:
        if len(self._open) > 1 or self._clock() < self._forget_at:
            return True
        self._seen.clear()
        self._passed.clear()
        return False


def _digest(event: Mapping[str, Any]) -> bytes:
    """Return what names an event: all of its content, but not which subscription brought it."""
    content = {name: value for name, value in event.items() if name != "subscriptionId"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
