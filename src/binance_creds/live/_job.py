"""`Job`: fetches that a thread does in one go; those of one store that can be read together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from binance_creds.live._reader import fetch_together

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from binance_creds.live._keeper import Keeper
    from binance_creds.live._outcomes import Fetch, Outcome

    Ordered = tuple[Keeper, Fetch]

__all__ = ["Job", "Ordered", "grouped"]


class Job(NamedTuple):
    """What to fetch for whom; never empty."""

    fetches: tuple[Ordered, ...]

    @property
    def scheme(self) -> str:
        """Of the store that is read first."""
        keeper, _ = self.fetches[0]
        return next(iter(keeper.sources())).scheme

    @property
    def key(self) -> Hashable | None:
        """What it can share with others; what was announced or denied is read alone."""
        (keeper, order), *more = self.fetches
        if more or order.announced is not None or order.with_new_login:
            return None
        return keeper.reader.batch_key

    @property
    def is_lost(self) -> bool:
        """Whether the machines have given all of it up before it began."""
        return all(keeper.machine.serial != order.serial for keeper, order in self.fetches)

    def run(self) -> Sequence[Outcome]:
        """Fetch; raises nothing. Blocks until the deadline."""
        if len(self.fetches) > 1:
            return fetch_together([keeper.reader for keeper, _ in self.fetches])
        return [keeper.reader.fetch(order) for keeper, order in self.fetches]


def grouped(jobs: Iterable[Job], others: Callable[[Hashable], Iterable[Ordered]]) -> Iterator[Job]:
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
