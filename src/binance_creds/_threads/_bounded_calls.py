"""Call something that may block for ever, within a deadline, without leaking a thread a try."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import no_thread, spawn
from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline

__all__ = ["BoundedCalls"]

_T = TypeVar("_T")
_Lane = tuple[str, int]
_NEVER: Final = float("inf")


class _Running(Generic[_T]):
    """One call in its thread."""

    def __init__(self) -> None:
        self.begun = threading.Lock()  # taken by the thread, or by a caller who leaves before
        self.settled = Latch()  # it is done, or its caller has gone
        self.done = Latch()
        self.hangs_from = _NEVER  # set when its caller has gone: nobody knows when it will end
        self.outcome: _T | CredentialsError = ProviderUnavailableError("the call was cut short.")


class BoundedCalls:
    """Run blocking calls in daemon threads, for each key one at a time, or a few.

    While a call is within its deadline, others with its key wait their turn, each until its own
    deadline. Once it has outlived its caller and `patience_seconds` more, others with its key fail
    at once and start no thread, until it returns. With several lanes a key fails so when that is
    true of all. A forked child starts clean. Threads may share it, and an interrupt at any moment
    leaves no key taken.

    Args:
        patience_seconds: for calls that most likely end soon after their caller gave up.
        start: has a thread run a function of this name, and tells whether there is one.
    """

    def __init__(
        self,
        *,
        patience_seconds: float = 0.0,
        start: Callable[[Callable[[], object], str], bool] = spawn,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._start = start
        self._start_clean()
        call_after_fork(self, BoundedCalls._start_clean)

    def _start_clean(self) -> None:
        self._running: dict[_Lane, _Running[Any]] = {}  # changed by atomic calls alone

    def run(
        self,
        key: str,
        call: Callable[[], _T | CredentialsError],
        deadline: Deadline,
        *,
        lanes: int = 1,
    ) -> _T:
        """Return what the call returns; blocks at most until the deadline.

        Args:
            key: what may hang, such as the name of a backend.
            call: returns its errors instead of raising them, because a traceback would bring the
                frames of a backend, and plaintext with them. Of what it raises nevertheless, only
                the name of the class is told.
            deadline: of this caller.
            lanes: how many calls with this key may run beside each other.

        Raises:
            CredentialsError: the call returned it.
            ProviderUnavailableError: there was no answer in time, or an earlier call hangs.
        """
        mine: _Running[_T] = _Running()
        table, is_started = self._running, False  # a forked child replaces the table
        keys = [(key, lane) for lane in range(lanes)]
        try:
            taken = _turn(table, keys, mine, deadline)
            is_started = self._start(lambda: _work(table, taken, mine, call), key)
            if is_started:
                mine.done.wait(deadline.remaining_seconds)
        finally:  # also when the caller is interrupted
            self._leave(table, keys, mine)
        if not is_started:
            raise no_thread()
        if not mine.done.is_set:
            msg = "there was no answer in time."
            raise ProviderUnavailableError(msg)
        if isinstance(mine.outcome, CredentialsError):
            raise mine.outcome.again()
        return mine.outcome

    def _leave(
        self, table: dict[_Lane, _Running[Any]], keys: list[_Lane], mine: _Running[_T]
    ) -> None:
        """Give the key back, unless the call goes on; then say since when nobody waits for it."""
        key = next((key for key in keys if table.get(key) is mine), None)
        if key is None or mine.done.is_set:
            return
        if mine.begun.acquire(blocking=False):  # its thread has not begun, and does nothing now
            mine.hangs_from = 0.0
            del table[key]
        else:
            mine.hangs_from = time.monotonic() + self._patience_seconds
        mine.settled.set()


def _turn(
    table: dict[_Lane, _Running[Any]],
    keys: list[_Lane],
    mine: _Running[_T],
    deadline: Deadline,
) -> _Lane:
    """Take the first key that is free, and return it."""
    while True:
        ahead: list[_Running[Any]] = []
        for key in keys:
            holder = table.setdefault(key, mine)
            if holder is mine:
                if deadline.is_over:
                    msg = "no time was left to ask."
                    raise ProviderUnavailableError(msg)
                return key
            ahead.append(holder)
        _wait_for_one(ahead, deadline)


def _wait_for_one(ahead: list[_Running[Any]], deadline: Deadline) -> None:
    """Wait until one of the calls ends, or is left by its caller."""
    seconds = max(call.hangs_from for call in ahead) - time.monotonic()
    if seconds <= 0 or deadline.is_over:
        msg = "an earlier call is still waiting for an answer."
        raise ProviderUnavailableError(msg)
    changed = Latch()
    for call in ahead:
        (call.done if call.settled.is_set else call.settled).call(changed.set)
    changed.wait(min(seconds, deadline.remaining_seconds))


def _work(
    table: dict[_Lane, _Running[Any]],
    key: _Lane,
    mine: _Running[_T],
    call: Callable[[], _T | CredentialsError],
) -> None:
    if not mine.begun.acquire(blocking=False):  # its caller was interrupted before
        return  # pragma: no cover  # interrupts are tested in programs that nothing measures
    mine.outcome = _outcome(call)
    del table[key]
    mine.done.set()
    mine.settled.set()


def _outcome(call: Callable[[], _T | CredentialsError]) -> _T | CredentialsError:
    try:
        return call()
    except BaseException as error:  # noqa: BLE001  # a backend may even call sys.exit
        name = type(error).__name__
    return ProviderUnavailableError(f"the call failed ({name}).")
