"""`KeptThreads`: threads for short calls that follow each other."""

from __future__ import annotations

import threading
from collections import deque
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import spawn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEPT", "KeptThreads"]

_KEEP_SECONDS: Final = 5.0


class _Task(NamedTuple):
    work: Callable[[], object]
    name: str


class KeptThreads:
    """Run functions in daemon threads that wait a while for the next one.

    To start a thread takes a signature in a vault a tenth longer, and on a busy machine a third;
    one that waits costs a fifth of that. A forked child starts clean. Threads may share it.

    Args:
        keep_seconds: how long a thread waits.
    """

    def __init__(self, *, keep_seconds: float = _KEEP_SECONDS) -> None:
        self._keep_seconds = keep_seconds
        self._start_clean()
        call_after_fork(self, KeptThreads._start_clean)

    def _start_clean(self) -> None:  # both are changed by atomic calls alone
        self._tasks: deque[_Task] = deque()
        self._bells: list[Any] = []  # locks, each of a thread that waits for its release

    def run(self, work: Callable[[], object], name: str) -> bool:
        """Run a function by the rules of `spawn`; return whether there was a thread for it."""
        task, is_started = _Task(work, name), False
        self._tasks.append(task)  # before a bell is taken, whose thread may stop waiting just then
        try:
            is_started = self._woken() or spawn(
                partial(self._serve, self._tasks, self._bells), name
            )
        finally:  # also when the caller is interrupted
            is_taken = is_started or not self._drop(task)
        return is_taken

    def _woken(self) -> bool:
        try:
            self._bells.pop().release()
        except IndexError:
            return False
        return True

    def _drop(self, task: _Task) -> bool:
        """Take a task back; return `False` if a thread has it already."""
        try:
            self._tasks.remove(task)
        except ValueError:
            return False
        return True

    def _serve(self, tasks: deque[_Task], bells: list[Any]) -> None:
        thread, is_over = threading.current_thread(), False
        while not is_over:
            try:
                task = tasks.popleft()
            except IndexError:
                thread.name = "binance-creds idle"
                is_over = not self._is_rung(bells)
                continue
            thread.name = f"binance-creds {task.name}"
            Context().run(task.work)
            del task  # it may hold plaintext

    def _is_rung(self, bells: list[Any]) -> bool:
        """Wait for a task; return whether there may be one."""
        bell = threading.Lock()  # a new one each time: the last may be released late
        bell.acquire()
        bells.append(bell)
        if bell.acquire(timeout=self._keep_seconds):
            return True
        try:
            bells.remove(bell)
        except ValueError:  # pragma: no cover  # just taken: a moment that no test can wait for
            return True
        return False


KEPT: Final = KeptThreads()
"""Of the process."""
