"""`Line`: callers wait for one thing in the order in which they came."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._latch import Latch
from binance_creds.errors import ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds._time._deadline import Deadline

__all__ = ["Line"]

_LOOK_SECONDS: Final = (
    0.1  # after which a caller looks whether an interrupt kept it from being told
)


class Line:
    """Let one caller after the other, so that a crowd wakes one thread at a time.

    It has no lock that an interrupt could leave taken. A forked child starts clean.
    """

    def __init__(self) -> None:
        self._start_clean()
        call_after_fork(self, Line._start_clean)

    def _start_clean(self) -> None:
        self._waiting: deque[Latch] = deque()  # changed by atomic calls alone

    @contextmanager
    def turn(self, deadline: Deadline) -> Iterator[None]:
        """Wait until those who came before have left; blocks at most until the deadline.

        Raises:
            ProviderUnavailableError: they had not left by then.
        """
        waiting, mine = self._waiting, Latch()  # a forked child replaces the former
        try:
            waiting.append(mine)
            while waiting[0] is not mine:
                if deadline.is_over:
                    msg = "no time was left to ask."
                    raise ProviderUnavailableError(msg)
                mine.wait(min(deadline.remaining_seconds, _LOOK_SECONDS))
            yield
        finally:  # also when the caller is interrupted
            with suppress(ValueError):  # before it stood there
                waiting.remove(mine)
            with suppress(IndexError):  # nobody waits
                waiting[0].set()
