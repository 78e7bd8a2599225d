"""`Crew`: the threads that fetch, each of which ends when there is nothing to fetch.

What may block happens here alone; so a store that hangs holds up nobody who does not wait for it.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from binance_creds.live._job import grouped
from binance_creds.live._lock import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from binance_creds.live._job import Job, Ordered
    from binance_creds.live._keeper import Keeper
    from binance_creds.live._outcomes import Fetch, Outcome
    from binance_creds.live._telemetry import Telemetry

__all__ = ["Crew"]

LARGEST_CREW: Final = 32  # threads that fetch at once
LARGEST_SHARE: Final = 16  # of them, of one scheme: a store that hangs leaves some to the others


class Crew:
    """Do jobs. Whoever calls holds `LOCK`; it is never held while a job is done.

    Args:
        deliver: called with each outcome, without the lock.
        telemetry: for the spans.
    """

    def __init__(
        self,
        deliver: Callable[[Keeper, Fetch, Outcome], None],
        telemetry: Telemetry,
    ) -> None:
        self._deliver, self._telemetry = deliver, telemetry
        self._jobs: deque[Job] = deque()
        self.size = 0
        self._coming = 0  # of them, without a job yet
        self._reading: Counter[str] = Counter()  # jobs that are being done, by scheme

    def add(self, job: Job) -> None:
        """Take a job, to be handed out."""
        self._jobs.append(job)

    def hand_out(self, others: Callable[[Hashable], Iterable[Ordered]]) -> None:
        """Group what can be read together, and see that there are threads for it.

        Args:
            others: what else can be read with those of a key.
        """
        self._jobs = deque(grouped(self._jobs, others))
        ready = sum(map(self._is_ready, self._jobs))
        for _ in range(min(ready - self._coming, LARGEST_CREW - self.size)):
            self._enlist()

    def _enlist(self) -> None:
        thread = threading.Thread(target=self._work, name="binance-creds fetch", daemon=True)
        with suppress(RuntimeError):  # no thread to be had; what is overdue is tried again
            thread.start()
            self.size += 1
            self._coming += 1

    def _work(self) -> None:
        with LOCK:
            self._coming -= 1
            job = self._next()
        while job is not None:
            outcomes = self._outcomes(job)
            with LOCK:
                self._reading[job.scheme] -= 1
            for (keeper, order), outcome in zip(job.fetches, outcomes, strict=True):
                self._deliver(keeper, order, outcome)
            with LOCK:
                job = self._next()

    def _next(self) -> Job | None:
        """Begin a job; without one the thread leaves the crew."""
        for job in self._jobs:
            if self._is_ready(job):
                self._jobs.remove(job)
                self._reading[job.scheme] += 1
                for keeper, _ in job.fetches:
                    keeper.is_reading = True
                return job
        self.size -= 1
        return None

    def _is_ready(self, job: Job) -> bool:
        """Return whether its store has a share left, and no fetch given up uses its providers."""
        if self._reading[job.scheme] >= LARGEST_SHARE:
            return False
        return not any(keeper.is_reading for keeper, _ in job.fetches)

    def _outcomes(self, job: Job) -> Sequence[Outcome]:
        outcomes: Sequence[Outcome] | None = None
        with suppress(Exception), self._telemetry.fetching(len(job.fetches)):
            outcomes = job.run()
        return job.run() if outcomes is None else outcomes  # what reports spans has raised
