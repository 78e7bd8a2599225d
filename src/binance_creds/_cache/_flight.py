"""`Flight`: one load under way, and everybody who waits for it, threads and tasks alike."""

from __future__ import annotations

import threading

from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds._credentials import Credentials
    from binance_creds._time._deadline import Deadline

__all__ = ["INFINITE", "Flight", "Leader"]

INFINITE: Final = float("inf")
# Between two looks at a leader, who wakes whoever waits unless he is interrupted in doing so.
_NAP_SECONDS: Final = 0.5


class Leader:
    """Who flies one or more flights. Once he has left, those that have not landed are abandoned.

    A signal's handler may raise between any two calls of its thread, so that leaving takes none:
    `leader.has_left = True` as the first statement of a `finally`.
    """

    __slots__ = ("deadline", "has_left")

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.has_left = False


class Flight:
    """The shared outcome of one load.

    It lands with credentials or with an error, or is abandoned: its leader was interrupted, and
    whoever waits should start over.
    """

    __slots__ = ("_error", "_has_landed", "_leader", "_patience", "_value", "wakers")

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._has_landed = False
        self.wakers: list[Callable[[], object]] = []
        self._value: Credentials | None = None
        self._error: Exception | None = None
        self._patience = INFINITE

    @property
    def is_over(self) -> bool:
        """Whether it landed or was abandoned."""
        return self._has_landed or self._leader.has_left

    @property
    def given_up_after(self) -> float:
        """The seconds after which the leader's time was up; infinite as long as it is not."""
        deadline = self._leader.deadline
        return deadline.seconds if deadline.is_over else INFINITE

    def land(
        self,
        value: Credentials | None = None,
        error: Exception | None = None,
        *,
        patience: float = INFINITE,
    ) -> None:
        """Publish the outcome; neither a value nor an error means abandoned.

        Args:
            value: what was loaded.
            error: why nothing was.
            patience: the error is not for those who have more seconds than this.
        """
        self._patience, self._value, self._error = patience, value, error
        self._has_landed = True
        for wake in self.wakers:  # whoever comes later sees that it has landed
            wake()

    def wait(self, deadline: Deadline) -> None:
        """Block until it is over.

        Raises:
            ProviderUnavailableError: the deadline passed first.
        """
        bell = threading.Lock()
        bell.acquire()
        self.wakers.append(bell.release)
        while not self.is_over:
            if deadline.is_over:
                raise _late()
            bell.acquire(timeout=min(deadline.remaining_seconds, _NAP_SECONDS))

    async def wait_async(self, deadline: Deadline) -> None:
        """Wait until it is over without blocking the event loop; cancelling only stops the waiting.

        Raises:
            ProviderUnavailableError: the deadline passed first.
        """
        import asyncio  # noqa: PLC0415  # synchronous programs never need it
        from contextlib import suppress  # noqa: PLC0415

        loop = asyncio.get_running_loop()
        landed = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop closed while its task had already gone
                loop.call_soon_threadsafe(landed.set)

        self.wakers.append(wake)
        while not self.is_over:
            if deadline.is_over:
                raise _late()
            nap = min(deadline.remaining_seconds, _NAP_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(nap):
                    await landed.wait()

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


def _late() -> ProviderUnavailableError:
    msg = "the deadline passed while another caller was reading the same source."
    return ProviderUnavailableError(msg, hint="Raise timeout_seconds, or check the store.")
