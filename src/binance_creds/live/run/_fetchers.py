"""`Fetchers`: the threads that fetch, each of which ends when there is nothing to fetch.

What may block happens here alone; so a store that hangs holds up nobody who does not wait for it.
`Jobs` is what they fetch, in order: what a store can read together is one job.
"""

from __future__ import annotations

import time
from collections import Counter, deque

from binance_creds._threads._spawn import report, spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.run._locks import LOCK
from binance_creds.live.run._reader import fetch_together

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from typing import Final

    from binance_creds.live.decide._messages import Fetch, Outcome
    from binance_creds.live.run._subject import Subject

    Ordered = tuple[Subject, Fetch]

__all__ = ["Fetchers", "Job", "Jobs", "Ordered"]

MOST_FETCHERS: Final = 32  # threads that fetch at once
LARGEST_SHARE: Final = 16  # of them, for one scheme: a store that hangs leaves some to others
LOCAL: Final = "local"  # files and the like; more threads would only share one processor
STALL_SECONDS: Final = 0.1  # for one of them, after which another thread reads the next
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
        """See that there are threads for what can begin; return when another may be wanted.

        Whoever calls holds `LOCK`. The engine's thread alone calls it: no signal handler raises
        there between a count and what is counted. What finds no thread is for a later turn.
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
            left = deque(job.fetches)
            try:
                self._do(job, left)
            except BaseException as error:  # noqa: BLE001  # such as no memory: the others go on
                report(error)
            with LOCK:
                for subject, _ in left:
                    self._jobs.delivered(subject)
                job = self._take()

    def _do(self, job: Job, left: deque[Ordered]) -> None:
        began = time.perf_counter()
        try:
            outcomes = job.run()
        finally:
            with LOCK:
                self._jobs.ended(job)
        self._tell_time(outcomes, time.perf_counter() - began)
        for outcome in outcomes:
            self._deliver(*left[0], outcome)
            left.popleft()

    def _take(self) -> Job | None:
        """Begin a job; without one the thread leaves the fetchers. Whoever calls holds `LOCK`."""
        job = None
        try:
            job = self._jobs.take(time.monotonic())
        finally:  # also after a defect
            self.size -= job is None
        return job


class Job:
    """What to fetch for whom; never empty.

    Attributes:
        fetches: grows until it begins, if it has a key.
        key: of what can be read together; `None` is read alone.
        queue: the scheme of the store that is read first, or `LOCAL`.
    """

    __slots__ = ("fetches", "key", "queue")

    def __init__(self, subject: Subject, order: Fetch) -> None:
        self.fetches: list[Ordered] = [(subject, order)]
        is_alone = order.announced is not None or order.with_new_login
        self.key: Hashable | None = None if is_alone else subject.reader.batch_key
        self.queue = LOCAL if subject.is_local else subject.plan.sources[0].scheme

    def drop_lost(self) -> bool:
        """Leave out what its machine has given up before it began; return whether more is left."""
        self.fetches = [
            (one, order) for one, order in self.fetches if one.machine.awaits(order.serial)
        ]
        return bool(self.fetches)

    def run(self) -> Sequence[Outcome]:
        """Fetch; raises nothing. Blocks until the deadline."""
        if len(self.fetches) > 1:
            return fetch_together([subject.reader for subject, _ in self.fetches])
        return [subject.reader.fetch(order) for subject, order in self.fetches]


class Jobs:
    """Jobs by scheme, what is local together. Whoever calls holds `LOCK`.

    No call looks at more jobs than it takes.

    Args:
        others: begins what else can be read with those of a key.
        begun: called for each subject that is read from now on.
    """

    def __init__(
        self,
        others: Callable[[Hashable], Iterable[Ordered]],
        begun: Callable[[Subject], None],
    ) -> None:
        self._others, self._begun = others, begun
        self._waiting: dict[str, deque[Job]] = {}  # by scheme; the next scheme comes first
        self._joined: dict[Hashable, Job] = {}  # of those, by key
        self._parked: dict[Subject, Fetch] = {}  # as a fetch that was given up uses its provider
        self._running: Counter[str] = Counter()  # by scheme
        self._took_at = 0.0  # when the last local one began

    def wanted(self, now: float) -> int:
        """Return how many threads have something to do."""
        return sum(self._wanted_of(queue, now) for queue in self._waiting)

    def _wanted_of(self, queue: str, now: float) -> int:
        """One reads what is local, until that takes long: a drive may hang."""
        ready = self._ready_of(queue)
        if queue != LOCAL:
            return ready
        is_idle = not self._running[LOCAL] or now >= self._took_at + STALL_SECONDS
        return min(ready, int(is_idle))

    @property
    def is_local_waiting(self) -> bool:
        """Whether the next thread may be wanted as time goes on."""
        return bool(self._waiting.get(LOCAL))

    def _ready_of(self, queue: str) -> int:
        return min(len(self._waiting[queue]), LARGEST_SHARE - self._running[queue])

    def add(self, subject: Subject, order: Fetch) -> None:
        """Queue a fetch; with others, if its store can read them together."""
        if subject.is_reading:  # its deadline stands: its own provider is what it waits for
            self._parked[subject] = order
            return
        job = Job(subject, order)
        if job.key is not None and job.key in self._joined:
            self._joined[job.key].fetches += job.fetches
        else:
            if job.key is not None:
                self._joined[job.key] = job
            self._waiting.setdefault(job.queue, deque()).append(job)
        subject.machine.queued()  # last: what is not queued, after a defect, has a deadline

    def take(self, now: float) -> Job | None:
        """Begin the next job; the schemes take turns."""
        for queue in list(self._waiting):
            while self._ready_of(queue) > 0:
                job = self._waiting[queue][0]
                self._joined.pop(job.key, None)
                is_left = job.drop_lost()
                if is_left:
                    self._begin(job, now)
                self._waiting[queue].popleft()  # after what may raise: or nobody fetched it
                if is_left:
                    self._waiting[queue] = self._waiting.pop(queue)
                    return job
            if not self._waiting[queue]:
                del self._waiting[queue]
        return None

    def _begin(self, job: Job, now: float) -> None:
        if job.queue == LOCAL:
            self._took_at = now
        first, _ = job.fetches[0]
        if job.key is not None and first.machine.error is None:  # else each has its own pause
            job.fetches += self._others(job.key)
        for subject, _ in job.fetches:
            self._begun(subject)
            subject.is_reading = True
        self._running[job.queue] += 1

    def ended(self, job: Job) -> None:
        """Give the share of a job back."""
        self._running[job.queue] -= 1

    def delivered(self, subject: Subject) -> None:
        """Note that nobody uses the provider of a subject any more."""
        subject.is_reading = False
        order = self._parked.pop(subject, None)
        if order is not None:
            self.add(subject, order)
