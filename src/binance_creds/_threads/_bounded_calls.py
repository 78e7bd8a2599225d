"""Call something that may block for ever, within a deadline, without leaking a thread a try."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline

__all__ = ["BoundedCalls"]

_T = TypeVar("_T")
_NEVER: Final = float("inf")


class _Running(Generic[_T]):
    """One call in its thread; the condition of its `BoundedCalls` guards every field."""

    def __init__(self) -> None:
        self.is_done = False
        self.hangs_from = _NEVER  # set when its caller has gone: nobody knows when it will end
        self.outcome: _T | CredentialsError = ProviderUnavailableError("the call was cut short.")


class BoundedCalls:
    """Run blocking calls in daemon threads, for each key one at a time.

    While a call is within its deadline, others with its key wait their turn, each until its own
    deadline. Once it has outlived its caller and `patience_seconds` more, others with its key fail
    at once and start no thread, until it returns. A forked child starts clean. Threads may share
    it.

    Args:
        patience_seconds: for calls that most likely end soon after their caller gave up.
    """

    def __init__(self, *, patience_seconds: float = 0.0) -> None:
        self._patience_seconds = patience_seconds
        self._start_clean()
        if hasattr(os, "register_at_fork"):  # pragma: no branch  # absent on Windows only
            os.register_at_fork(after_in_child=self._start_clean)

    def _start_clean(self) -> None:
        self._running: dict[str, _Running[object]] = {}
        self._changed = threading.Condition()  # guards _running

    def run(self, key: str, call: Callable[[], _T | CredentialsError], deadline: Deadline) -> _T:
        """Return what the call returns; blocks at most until the deadline.

        Args:
            key: what may hang, such as the name of a backend.
            call: returns its errors instead of raising them, because a traceback would bring the
                frames of a backend, and plaintext with them. Of what it raises nevertheless, only
                the name of the class is told.
            deadline: of this caller.

        Raises:
            CredentialsError: the call returned it.
            ProviderUnavailableError: there was no answer in time, or an earlier call hangs.
        """
        with self._changed:
            self._wait_for_turn(key, deadline)
            running: _Running[_T] = _Running()
            self._running[key] = running  # type: ignore[assignment]  # written as _T, read as object
            try:
                self._start(key, running, call)
                self._changed.wait_for(lambda: running.is_done, deadline.remaining_seconds)
            finally:  # also when the caller is interrupted
                if not running.is_done:
                    running.hangs_from = time.monotonic() + self._patience_seconds
                self._changed.notify_all()
        if running.hangs_from < _NEVER:
            msg = "there was no answer in time."
            raise ProviderUnavailableError(msg)
        if isinstance(running.outcome, CredentialsError):
            raise running.outcome.again()
        return running.outcome

    def _wait_for_turn(self, key: str, deadline: Deadline) -> None:
        while (ahead := self._running.get(key)) is not None:
            seconds = min(ahead.hangs_from - time.monotonic(), deadline.remaining_seconds)
            if seconds <= 0:
                break
            self._changed.wait(seconds)
        if key in self._running:
            msg = "an earlier call is still waiting for an answer."
            raise ProviderUnavailableError(msg)
        if deadline.is_over:
            msg = "no time was left to ask."
            raise ProviderUnavailableError(msg)

    def _start(
        self, key: str, running: _Running[_T], call: Callable[[], _T | CredentialsError]
    ) -> None:
        changed, table = self._changed, self._running  # a forked child replaces both

        def work() -> None:
            outcome = _outcome(call)
            with changed:
                running.outcome = outcome
                running.is_done = True
                del table[key]
                changed.notify_all()

        thread = threading.Thread(target=work, name=f"binance-creds {key}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the process has no thread left to give, or is shutting down
            del table[key]
            running.is_done = True


def _outcome(call: Callable[[], _T | CredentialsError]) -> _T | CredentialsError:
    try:
        return call()
    except BaseException as error:  # noqa: BLE001  # a backend may even call sys.exit
        name = type(error).__name__
    return ProviderUnavailableError(f"the call failed ({name}).")
