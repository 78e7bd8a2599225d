"""`Lock`: a mutex whose thread can tell that it is inside one.

Collection may come at any point of a thread, also while it holds one of these, and then runs what a
user wrote: a `__del__` that closes a handle, or a generator that ends within a hold. Whoever may be
called by that looks at `is_inside` first, and leaves the rest to the engine's thread: it would wait
for itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Lock", "forget_held", "is_inside"]


class _Held(threading.local):
    count = 0  # of this thread; never less than it holds


_HELD: Final = _Held()


class Lock:
    """A lock as `threading.Lock` makes, also for a `Condition`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT002  # as the original
        """Take it; return whether it was taken."""
        _HELD.count += 1
        is_taken = False
        try:
            is_taken = self._lock.acquire(blocking, timeout)
        finally:
            _HELD.count -= not is_taken
        return is_taken

    def release(self) -> None:
        """Give it back."""
        self._lock.release()
        _HELD.count -= 1

    def locked(self) -> bool:
        """Return whether a thread has it; a `Condition` of Python 3.14 wants this too."""
        return self._lock.locked()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def is_inside() -> bool:
    """Return whether this thread holds one, or is about to."""
    return _HELD.count > 0


def forget_held() -> None:
    """Begin anew in a forked child, whose locks are other ones."""
    _HELD.count = 0
