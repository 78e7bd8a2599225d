"""What a forked child begins with: free locks, and nothing that the parent's threads go on with."""

from __future__ import annotations

import os
from _weakref import ref  # what weakref.ref is, without importing weakref

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeVar

    _T = TypeVar("_T")

__all__ = ["call_after_fork", "hold_while_forking"]

_LOCKS: Final[list[Any]] = []
METHODS: Final[dict[ref[Any], Callable[[Any], None]]] = {}


def call_after_fork(owner: _T, method: Callable[[_T], None]) -> None:
    """Have a method called in every forked child, for as long as its object is there.

    Those that were named first are called first, and all of them once the locks are free.
    """
    METHODS[ref(owner, _forget)] = method


def _forget(gone: ref[Any]) -> None:
    METHODS.pop(gone, None)


def hold_while_forking(lock: Any) -> None:
    """Take a lock around each fork: a child finds whole what it guards, and the lock free."""
    _LOCKS.append(lock)


def _before() -> None:
    for lock in _LOCKS:
        lock.acquire()


def _in_parent() -> None:
    for lock in _LOCKS:
        lock.release()


def _in_child() -> None:  # pragma: no cover  # what is measured is the parent
    for lock in _LOCKS:
        lock._at_fork_reinit()  # noqa: SLF001  # as concurrent.futures does
    for owner, method in [(one(), method) for one, method in METHODS.items()]:
        if owner is not None:
            method(owner)


if hasattr(os, "register_at_fork"):  # pragma: no branch  # absent on Windows only
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
