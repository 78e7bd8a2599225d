"""`Flight`: one load under way, and everybody who waits for it, threads and tasks alike."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds._time._deadline import Deadline

__all__ = ["Flight"]

_INFINITE: Final = float("inf")


class Flight:
    """The shared outcome of one load.

    It lands with credentials, with an error, or abandoned: its leader was interrupted, and whoever
    waits should start over.

    Args:
        deadline: of its leader.
    """

    __slots__ = ("_callbacks", "_deadline", "_error", "_landed", "_lock", "_patience", "_value")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._lock = threading.Lock()  # guards _callbacks
        self._landed = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._value: Credentials | None = None
        self._error: Exception | None = None
        self._patience = _INFINITE

    @property
    def given_up_after(self) -> float:
        """The seconds after which the leader's time was up; infinite as long as it is not."""
        return self._deadline.seconds if self._deadline.is_over else _INFINITE

    def land(
        self,
        value: Credentials | None = None,
        error: Exception | None = None,
        *,
        patience: float = _INFINITE,
    ) -> None:
        """Publish the outcome; neither a value nor an error means abandoned.

        Args:
            value: what was loaded.
            error: why nothing was.
            patience: the error is not for those who have more seconds than this.
        """
        self._patience = patience
        self._value = value
        self._error = error
        with self._lock:
            self._landed.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, deadline: Deadline) -> None:
        """Block until it landed.

        Raises:
            ProviderUnavailableError: the deadline passed first.
        """
        if not self._landed.wait(deadline.remaining_seconds):
            raise _late()

    async def wait_async(self, deadline: Deadline) -> None:
        """Wait until it landed without blocking the event loop; cancelling only stops the waiting.

        Raises:
            ProviderUnavailableError: the deadline passed first.
        """
        import asyncio  # noqa: PLC0415  # synchronous programs never need it

        loop = asyncio.get_running_loop()
        landed = asyncio.Event()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(landed.set)
            except RuntimeError:  # the loop closed while its task had already gone
                return

        self._on_landing(wake)
        try:
            await asyncio.wait_for(landed.wait(), deadline.remaining_seconds)
        except TimeoutError:
            late = True
        else:
            late = False
        if late:
            raise _late()

    def is_for(self, deadline: Deadline) -> bool:
        """Return whether the outcome is that of a follower too; else it should start over."""
        if self._error is not None:
            return deadline.seconds <= self._patience
        return self._value is not None

    def outcome(self) -> Credentials:
        """Return the credentials, or raise the error with a traceback of the caller's own."""
        if self._value is not None:
            return self._value
        if isinstance(self._error, CredentialsError):
            raise self._error.again()
        raise self._error or RuntimeError("an abandoned flight has no outcome")

    def _on_landing(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self._landed.is_set():
                self._callbacks.append(callback)
                return
        callback()


def _late() -> ProviderUnavailableError:
    msg = "the time was up while the same source was being read."
    return ProviderUnavailableError(msg, hint="Raise timeout_seconds, or check the store.")
