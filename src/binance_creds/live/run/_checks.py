"""`Checks`: the threads that ask the exchange about pairs which are in use."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from binance_creds._threads._spawn import report, spawn
from binance_creds.live.decide._messages import UNDECIDED, Verdict
from binance_creds.live.run._locks import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds.live.run._subject import Subject

__all__ = ["Checks"]

MOST_CHECKS: Final = 4  # threads: 10,000 handles that started at once are through in minutes


class Checks:
    """Ask about one pair after the other; nobody waits for it.

    Args:
        deliver: called with each answer, without the lock.
    """

    def __init__(self, deliver: Callable[[Subject, Verdict], None]) -> None:
        self._deliver = deliver
        self._waiting: deque[tuple[Subject, Credentials]] = deque()
        self._size = 0

    def add(self, subject: Subject, pair: Credentials) -> None:
        """Queue a pair. Whoever calls holds `LOCK`."""
        self._waiting.append((subject, pair))

    def hand_out(self) -> None:
        """See that there are threads; as `Fetchers.hand_out`, by the engine's thread alone."""
        for _ in range(min(len(self._waiting), MOST_CHECKS) - self._size):
            self._size += 1
            if not spawn(self._work, "check"):  # a later turn tries again
                self._size -= 1
                return

    def _work(self) -> None:
        while (found := self._take()) is not None:
            subject, pair = found
            verdict = Verdict(pair, None, UNDECIDED)
            try:
                verdict = subject.prover.examined(pair)
            except BaseException as error:  # noqa: BLE001  # such as no memory: it is asked again
                report(error)
            self._deliver(subject, verdict)

    def _take(self) -> tuple[Subject, Credentials] | None:
        with LOCK:
            if self._waiting:
                return self._waiting.popleft()
            self._size -= 1
            return None
