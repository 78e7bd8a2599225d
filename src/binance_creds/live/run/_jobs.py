"""`Jobs`: what is to be fetched, in order; those that a store can read together as one."""

from __future__ import annotations

from collections import Counter, deque

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.run._reader import fetch_together

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from typing import Final

    from binance_creds.live.decide._messages import Fetch, Outcome
    from binance_creds.live.run._subject import Subject

    Ordered = tuple[Subject, Fetch]

__all__ = ["Job", "Jobs", "Ordered"]

LARGEST_SHARE: Final = (
    16  # of the threads, for one scheme: a store that hangs leaves some to others
)


class Job:
    """What to fetch for whom; never empty.

    Attributes:
        fetches: grows until it begins, if it has a key.
        key: of what can be read together; `None` is read alone.
        scheme: of the store that is read first.
    """

    __slots__ = ("fetches", "key", "scheme")

    def __init__(self, subject: Subject, order: Fetch) -> None:
        self.fetches: list[Ordered] = [(subject, order)]
        is_alone = order.announced is not None or order.with_new_login
        self.key: Hashable | None = None if is_alone else subject.reader.batch_key
        self.scheme = next(iter(subject.sources())).scheme

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
    """Jobs by scheme. Whoever calls holds `LOCK`; no call looks at more jobs than it takes.

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

    @property
    def ready(self) -> int:
        """How many could begin now, at most."""
        return sum(map(self._ready_of, self._waiting))

    def _ready_of(self, scheme: str) -> int:
        return min(len(self._waiting[scheme]), LARGEST_SHARE - self._running[scheme])

    def add(self, subject: Subject, order: Fetch) -> None:
        """Queue a fetch; with others, if its store can read them together."""
        if subject.is_reading:  # its deadline stands: its own provider is what it waits for
            self._parked[subject] = order
            return
        subject.machine.queued()
        job = Job(subject, order)
        if job.key is not None and job.key in self._joined:
            self._joined[job.key].fetches += job.fetches
            return
        if job.key is not None:
            self._joined[job.key] = job
        self._waiting.setdefault(job.scheme, deque()).append(job)

    def take(self) -> Job | None:
        """Begin the next job; the schemes take turns."""
        for scheme in list(self._waiting):
            while self._ready_of(scheme) > 0:
                job = self._waiting[scheme].popleft()
                self._joined.pop(job.key, None)
                if job.drop_lost():
                    self._waiting[scheme] = self._waiting.pop(scheme)
                    return self._began(job)
            if not self._waiting[scheme]:
                del self._waiting[scheme]
        return None

    def _began(self, job: Job) -> Job:
        first, _ = job.fetches[0]
        if job.key is not None and first.machine.error is None:  # else each has its own pause
            job.fetches += self._others(job.key)
        self._running[job.scheme] += 1
        for subject, _ in job.fetches:
            self._begun(subject)
            subject.is_reading = True
        return job

    def ended(self, job: Job) -> None:
        """Give the share of a job back."""
        self._running[job.scheme] -= 1

    def delivered(self, subject: Subject) -> None:
        """Note that nobody uses the provider of a subject any more."""
        subject.is_reading = False
        order = self._parked.pop(subject, None)
        if order is not None:
            self.add(subject, order)
