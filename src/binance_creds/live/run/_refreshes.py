"""`Refreshes`: fetches that somebody asks for by name, and waits for."""

from __future__ import annotations

from functools import partial

from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import no_thread
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ClosedError
from binance_creds.live.run._locks import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.live.run._driver import Driver
    from binance_creds.live.run._loop import Loop
    from binance_creds.live.run._subject import Subject

__all__ = ["Refreshes"]


class Refreshes:
    """Begin a fetch, and wait until one that began after the call has ended.

    Args:
        loop: the engine's.
        driver: the engine's.
    """

    def __init__(self, loop: Loop, driver: Driver) -> None:
        self._loop, self._driver = loop, driver

    def wait(self, subject: Subject, seconds: float) -> None:
        """Block until then.

        Raises:
            ClosedError: the handle is closed.
            ProviderUnavailableError: no thread could be started.
            CredentialsError: what the source failed with, or that the time was up.
        """
        done = Latch()
        try:
            self._begin(subject, done.set)
            is_done = done.wait(seconds)
        finally:  # also when a signal's handler raises
            self._forget(subject, done.set)
        subject.raise_if_failed(is_done=is_done)

    async def wait_async(self, subject: Subject, seconds: float) -> None:
        """Do what `wait` does, without blocking the event loop; cancelling strands nobody."""
        done = Latch()
        try:
            self._begin(subject, done.set)
            is_done = await done.wait_async(seconds)
        finally:
            self._forget(subject, done.set)
        subject.raise_if_failed(is_done=is_done)

    def _begin(self, subject: Subject, wake: Callable[[], None]) -> None:
        if subject.machine.is_closed:
            msg = "these live credentials are closed."
            raise ClosedError(msg)
        with LOCK:
            subject.waiters.add(wake)
        if not self._loop.submit(partial(self._ask, subject, wake)):
            raise no_thread()

    def _ask(self, subject: Subject, wake: Callable[[], None]) -> None:
        machine = subject.machine
        with LOCK:
            subject.waiters.ask(wake, machine.serial + 1)  # after the one under way, if any
            self._driver.do(subject, partial(machine.ask, urgent=True))
        if machine.is_closed:  # since it asked
            wake()

    def _forget(self, subject: Subject, wake: Callable[[], None]) -> None:
        with LOCK:
            subject.waiters.forget(wake)
