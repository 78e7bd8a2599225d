"""What a forked child begins with: free locks, and nothing that the parent's threads go on with."""

from __future__ import annotations

import os
import sys
import time
from _thread import get_ident
from _weakref import ref  # what weakref.ref is, without importing weakref

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Final, TypeVar

    _T = TypeVar("_T")

__all__ = ["WORKERS", "call_after_fork", "hold_while_forking"]

_IMPORT_SECONDS: Final = 10.0  # for which a fork waits at most
_LOOK_SECONDS: Final = 0.001
_CAN_FORK: Final = hasattr(os, "register_at_fork")  # not on Windows

_LOCKS: Final[list[Any]] = []
METHODS: Final[dict[ref[Any], Callable[[Any], None]]] = {}
WORKERS: Final[set[int]] = set()  # threads of this library, by their numbers


def call_after_fork(owner: _T, method: Callable[[_T], None]) -> None:
    """Have a method called in every forked child, for as long as its object is there.

    Those that were named first are called first, and all of them once the locks are free.
    """
    METHODS[ref(owner, _forget)] = method


def _forget(gone: ref[Any]) -> None:
    METHODS.pop(gone, None)


def hold_while_forking(lock: Any) -> None:
    """Take a lock around each fork: a child finds whole what it guards, and the lock free.

    What does so are functions of C. A signal that comes during a fork is handled as soon as code of
    Python runs: if its handler raised in ours, as that of Ctrl-C does, the lock would stay taken.
    """
    _LOCKS.append(lock)
    if _CAN_FORK:  # pragma: no branch  # absent on Windows only
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release)


def _before() -> None:
    """Wait until no thread of ours imports: in the child, nobody would end that, or free its lock.

    Python itself lets nobody begin an import from then until the fork is over.
    """
    ends_at = time.monotonic() + _IMPORT_SECONDS
    while _is_importing() and time.monotonic() < ends_at:
        time.sleep(_LOOK_SECONDS)  # pragma: no cover  # tested in a program that nothing measures


def _is_importing() -> bool:
    frames = sys._current_frames()  # noqa: SLF001  # its documented name
    del frames[get_ident()]  # this one: in a circle with it all would keep what they hold
    return any(_imports(frames.get(one)) for one in WORKERS.copy())


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if code.co_name == "_find_and_load" and code.co_filename.startswith("<frozen importlib"):
            return True  # pragma: no cover  # as above
        frame = frame.f_back
    return False


def _in_child() -> None:  # pragma: no cover  # what is measured is the parent
    for lock in _LOCKS:
        lock._at_fork_reinit()  # noqa: SLF001  # as concurrent.futures does
    WORKERS.clear()
    for owner, method in [(one(), method) for one, method in METHODS.items()]:
        if owner is not None:
            method(owner)


if _CAN_FORK:  # pragma: no branch  # absent on Windows only
    os.register_at_fork(before=_before, after_in_child=_in_child)
