"""`Fetchers`: the threads that fetch, each of which ends when there is nothing to fetch.

What may block happens here alone; so a store that hangs holds up nobody who does not wait for it.
"""

from __future__ import annotations

from collections import Counter, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._threads._spawn import spawn
from binance_creds.live.run._locks import LOCK
from binance_creds.live.run._reader import fetch_together

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from binance_creds.live.decide._messages import Fetch, Outcome
    from binance_creds.live.run._subject import Subject
    from binance_creds.live.run._telemetry import Telemetry

    Ordered = tuple[Subject, Fetch]

__all__ = ["Fetchers", "Job", "Ordered"]

MOST_FETCHERS: Final = 32  # threads that fetch at once
LARGEST_SHARE: Final = 16  # of them, of one scheme: a store that hangs leaves some to the others


class Fetchers:
    """Do jobs. Whoever calls holds `LOCK`; it is never held while a job is done.

    Args:
        deliver: called with each outcome, without the lock.
        telemetry: for the spans.
    """

    def __init__(
        self,
        deliver: Callable[[Subject, Fetch, Outcome], None],
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

        The engine's thread alone calls it.

        Args:
            others: what else can be read with those of a key.
        """
        self._jobs = deque(_grouped(self._jobs, others))
        ready = sum(map(self._is_ready, self._jobs))
        for _ in range(min(ready - self._coming, MOST_FETCHERS - self.size)):
            if not self._enlist():
                break

    def _enlist(self) -> bool:
        """Start a thread. No signal handler raises here: it runs in the main thread."""
        self.size += 1
        self._coming += 1
        is_started = spawn(self._work, "fetch")
        if not is_started:  # what is not fetched is asked about again in the next turn
            self.size -= 1
            self._coming -= 1
        return is_started

    def _work(self) -> None:
        with LOCK:
            self._coming -= 1
            job = self._next()
        while job is not None:
            outcomes = self._outcomes(job)
            with LOCK:
                self._reading[job.scheme] -= 1
            for (subject, order), outcome in zip(job.fetches, outcomes, strict=True):
                self._deliver(subject, order, outcome)
            with LOCK:
                job = self._next()

    def _next(self) -> Job | None:
        """Begin a job; without one the thread leaves the fetchers."""
        for job in self._jobs:
            if self._is_ready(job):
                self._jobs.remove(job)
                self._reading[job.scheme] += 1
                for subject, _ in job.fetches:
                    subject.is_reading = True
                return job
        self.size -= 1
        return None

    def _is_ready(self, job: Job) -> bool:
        """Return whether its store has a share left, and no fetch given up uses its providers."""
        if self._reading[job.scheme] >= LARGEST_SHARE:
            return False
        return not any(subject.is_reading for subject, _ in job.fetches)

    def _outcomes(self, job: Job) -> Sequence[Outcome]:
        outcomes: Sequence[Outcome] | None = None
        with suppress(Exception), self._telemetry.fetching(len(job.fetches)):
            outcomes = job.run()
        return job.run() if outcomes is None else outcomes  # what reports spans has raised


class Job(NamedTuple):
    """What to fetch for whom; never empty."""

    fetches: tuple[Ordered, ...]

    @property
    def scheme(self) -> str:
        """Of the store that is read first."""
        subject, _ = self.fetches[0]
        return next(iter(subject.sources())).scheme

    @property
    def key(self) -> Hashable | None:
        """What it can share with others; what was announced or denied is read alone."""
        (subject, order), *more = self.fetches
        if more or order.announced is not None or order.with_new_login:
            return None
        return subject.reader.batch_key

    @property
    def is_lost(self) -> bool:
        """Whether the machines have given all of it up before it began."""
        return all(subject.machine.serial != order.serial for subject, order in self.fetches)

    def run(self) -> Sequence[Outcome]:
        """Fetch; raises nothing. Blocks until the deadline."""
        if len(self.fetches) > 1:
            return fetch_together([subject.reader for subject, _ in self.fetches])
        return [subject.reader.fetch(order) for subject, order in self.fetches]


def _grouped(jobs: Iterable[Job], others: Callable[[Hashable], Iterable[Ordered]]) -> Iterator[Job]:
    """Give what can be read together as one job, and leave out what is lost.

    Args:
        jobs: in their order.
        others: what else can be read with those of a key.
    """
    groups: dict[Hashable, list[Ordered]] = {}
    for job in jobs:
        if not job.is_lost:
            groups.setdefault(job if job.key is None else job.key, []).extend(job.fetches)
    for key, fetches in groups.items():
        more = () if isinstance(key, Job) else others(key)
        yield Job((*fetches, *more))
