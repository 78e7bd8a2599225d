"""Call something that may block for ever, within a deadline, without leaking a thread a try."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from binance_creds.errors import ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._deadline import Deadline

__all__ = ["BoundedCalls"]

_T = TypeVar("_T")


class _Box(Generic[_T]):
    def __init__(self) -> None:
        self.is_done = threading.Event()
        self.value: _T | None = None
        self.error: BaseException | None = None


class BoundedCalls:
    """Run blocking calls one at a time, each in a daemon thread.

    A call that never returns keeps its one thread; later callers wait for their own deadline and
    start none. A forked child starts clean.
    """

    def __init__(self) -> None:
        self._start_clean()
        if hasattr(os, "register_at_fork"):  # pragma: no branch  # absent on Windows only
            os.register_at_fork(after_in_child=self._start_clean)

    def _start_clean(self) -> None:
        self._turn = threading.Lock()  # held while a call runs; released by its thread

    def run(self, call: Callable[[], _T], deadline: Deadline) -> _T:
        """Return what the call returns, or raise what it raises.

        Raises:
            ProviderUnavailableError: the deadline passed first.
        """
        turn = self._turn
        if not turn.acquire(timeout=deadline.remaining_seconds):
            msg = "an earlier call is still waiting for an answer."
            raise ProviderUnavailableError(msg)
        box: _Box[_T] = _Box()

        def work() -> None:
            try:
                box.value = call()
            except BaseException as error:  # noqa: BLE001  # raised again in the caller's thread
                box.error = error
            finally:
                turn.release()
                box.is_done.set()

        threading.Thread(target=work, name="binance-creds bounded call", daemon=True).start()
        if not box.is_done.wait(deadline.remaining_seconds):
            msg = "there was no answer in time."
            raise ProviderUnavailableError(msg)
        if box.error is not None:
            raise box.error
        return box.value  # type: ignore[return-value]  # set when there is no error
