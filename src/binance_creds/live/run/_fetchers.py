"""`Fetchers`: the threads that fetch, each of which ends when there is nothing to fetch.

What may block happens here alone; so a store that hangs holds up nobody who does not wait for it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from binance_creds._threads._spawn import spawn
from binance_creds.live.run._locks import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from binance_creds.live.decide._messages import Fetch, Outcome
    from binance_creds.live.run._jobs import Job, Jobs
    from binance_creds.live.run._subject import Subject
    from binance_creds.live.run._telemetry import Telemetry

__all__ = ["Fetchers"]

MOST_FETCHERS: Final = 32  # threads that fetch at once


class Fetchers:
    """Do jobs.

    Args:
        jobs: what to do.
        deliver: called with each outcome, without the lock.
        telemetry: for the spans.
    """

    def __init__(
        self,
        jobs: Jobs,
        deliver: Callable[[Subject, Fetch, Outcome], None],
        telemetry: Telemetry,
    ) -> None:
        self._jobs, self._deliver, self._telemetry = jobs, deliver, telemetry
        self.size = 0
        self._coming = 0  # of them, without a job yet

    def hand_out(self) -> None:
        """See that there are threads for what can begin. Whoever calls holds `LOCK`.

        The engine's thread alone calls it: no signal handler raises there between a count and what
        is counted. What finds no thread is handed out in a later turn.
        """
        for _ in range(min(self._jobs.ready - self._coming, MOST_FETCHERS - self.size)):
            self.size += 1
            self._coming += 1
            if not spawn(self._work, "fetch"):
                self.size -= 1
                self._coming -= 1
                return

    def _work(self) -> None:
        with LOCK:
            self._coming -= 1
        while (job := self._next()) is not None:
            outcomes = self._outcomes(job)
            with LOCK:
                self._jobs.ended(job)
            for (subject, order), outcome in zip(job.fetches, outcomes, strict=True):
                self._deliver(subject, order, outcome)

    def _next(self) -> Job | None:
        """Begin a job; without one the thread leaves the fetchers."""
        with LOCK:
            job = self._jobs.take()
            if job is None:
                self.size -= 1
            return job

    def _outcomes(self, job: Job) -> Sequence[Outcome]:
        outcomes: Sequence[Outcome] | None = None
        with suppress(Exception), self._telemetry.fetching(len(job.fetches)):
            outcomes = job.run()
        return job.run() if outcomes is None else outcomes  # what reports spans has raised
