"""`Fetchers`: the threads that fetch, each of which ends when there is nothing to fetch.

What may block happens here alone; so a store that hangs holds up nobody who does not wait for it.
"""

from __future__ import annotations

import time

from binance_creds._threads._spawn import spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.run._jobs import STALL_SECONDS
from binance_creds.live.run._locks import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

    from binance_creds.live.decide._messages import Fetch, Outcome
    from binance_creds.live.run._jobs import Job, Jobs
    from binance_creds.live.run._subject import Subject

__all__ = ["Fetchers"]

MOST_FETCHERS: Final = 32  # threads that fetch at once
_NEVER: Final = float("inf")


class Fetchers:
    """Do jobs.

    Args:
        jobs: what to do.
        deliver: called with each outcome, without the lock.
        tell_time: called with the outcome for each handle that was read, and the seconds it took.
        ring: has the engine's thread look.
    """

    def __init__(
        self,
        jobs: Jobs,
        deliver: Callable[[Subject, Fetch, Outcome], None],
        tell_time: Callable[[Sequence[Outcome], float], None],
        ring: Callable[[], None],
    ) -> None:
        self._jobs, self._deliver, self._tell_time = jobs, deliver, tell_time
        self._ring = ring
        self.size = 0
        self._coming = 0  # of them, without a job yet

    def hand_out(self) -> float:
        """See that there are threads for what can begin. Whoever calls holds `LOCK`.

        The engine's thread alone calls it: no signal handler raises there between a count and what
        is counted. What finds no thread is handed out in a later turn.

        Returns:
            In how many seconds another one may be wanted.
        """
        for _ in range(self._missing()):
            self.size += 1
            self._coming += 1
            if not spawn(self._work, "fetch"):
                self.size -= 1
                self._coming -= 1
                break
        return STALL_SECONDS if self._jobs.is_local_waiting else _NEVER

    def _missing(self) -> int:
        wanted = self._jobs.wanted(time.monotonic())
        return min(wanted - self._coming, MOST_FETCHERS - self.size)

    def join(self) -> None:
        """Fetch until nothing is left, if there is a thread too few; by one that may block."""
        with LOCK:
            is_wanted = self._missing() > 0
            self.size += is_wanted
            job = self._take() if is_wanted else None
            if self._jobs.is_local_waiting:  # this thread, or another, may not come back
                self._ring()
        self._fetch(job)

    def _work(self) -> None:
        with LOCK:  # at once: or another thread is started for the job that this one comes for
            self._coming -= 1
            job = self._take()
        self._fetch(job)

    def _fetch(self, job: Job | None) -> None:
        while job is not None:
            began = time.perf_counter()
            outcomes = job.run()
            self._tell_time(outcomes, time.perf_counter() - began)
            with LOCK:
                self._jobs.ended(job)
            for (subject, order), outcome in zip(job.fetches, outcomes, strict=True):
                self._deliver(subject, order, outcome)
            with LOCK:
                job = self._take()

    def _take(self) -> Job | None:
        """Begin a job; without one the thread leaves the fetchers. Whoever calls holds `LOCK`."""
        job = self._jobs.take(time.monotonic())
        if job is None:
            self.size -= 1
        return job
