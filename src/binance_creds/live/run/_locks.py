"""The locks that live handles share, and whether a thread is inside one.

Collection may come at any point of a thread, also while it holds one of these, and then runs what a
user wrote: a `__del__` that closes a handle, or a generator that ends within a hold. Whoever may be
called by that looks at `is_inside` first, and leaves the rest to the engine's thread.

They are locks of C, taken by `with` alone: a signal's handler that raises, as ctrl-c does, comes
before or after that, never between the lock and the block that gives it back. A `Condition` is
taken by a function of Python, in which it can. So it can in any `with` of Python 3.14.
"""

from __future__ import annotations

import threading

from binance_creds._threads._fork import hold_while_forking
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

__all__ = ["FILES", "LISTENERS", "LOCK", "is_inside"]

LOCK: Final = threading.RLock()  # guards the engine, machines and hooks; nothing in it blocks
FILES: Final = threading.RLock()  # guards who watches which file
LISTENERS: Final = threading.RLock()  # guards who listens to what
_ALL: Final = (LOCK, FILES, LISTENERS)


def is_inside() -> bool:
    """Return whether this thread holds one."""
    return any(lock._is_owned() for lock in _ALL)  # type: ignore[attr-defined]  # noqa: SLF001  # as a Condition asks


for _lock in _ALL:
    hold_while_forking(_lock)
