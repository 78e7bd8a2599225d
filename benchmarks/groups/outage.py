"""Many readers at once, and readers while the store hangs, fails and recovers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import count
from typing import Final

from benchmarks.core import Bench, Case, Comparison, Several
from benchmarks.far_store import FarStore
from binance_creds import RefreshPolicy, aload_credentials, load_credentials

TITLE: Final = "Herd and outage"
ABOUT: Final = (
    "A store of AWS in another process answers after 20 ms. First so many readers begin at once"
    " with nothing in the cache. Then one reader asks every millisecond for 1.2 s, with what it has"
    " to be refreshed each second, while the store answers each request after 0.5 s, then with"
    " errors, then as before; each time with a new version. By the clock."
)
HERD, DELAY, PHASE = 1000, 0.02, 1.2  # readers, and seconds
REFRESH = 1  # second: the shortest that all libraries have
PHASES: Final = {"hangs": "hang", "fails": "fail", "has recovered": "ok"}
PATIENCE: Final = 20.0  # seconds
ASKS_IN_BACKGROUND: Final = (
    "It asks in the background, each second here, so that no read waits or fails; a peer that asks"
    " within a read knows sooner."
)
WAKING: Final = (
    "All wait for the one request of the first, and are woken one after another; where each asks"
    " for itself, many have their answer while others still start."
)
NUMBERS: Final = count()
Read = Callable[[], object]


def comparisons(bench: Bench) -> Iterator[Comparison]:
    if not bench.has("boto3", "boto3"):
        return
    store = FarStore(bench)
    store.set(delay=DELAY)
    load_credentials(store.source("first"))
    yield from herd_of_threads(bench, store)
    yield from herd_of_tasks(bench, store)
    yield from outage(bench, store)


def herd_of_threads(bench: Bench, store: FarStore) -> Iterator[Comparison]:
    number = 10 if bench.is_trial else HERD
    ways = {
        "binance-creds": lambda: ours(store),
        **peers(bench, store),
    }
    once = {
        name: Several(lambda make=make: herd(store, make(), number)) for name, make in ways.items()
    }
    yield from tables(once, f"{number:,} threads", ("requests", "ms"), rounds=3)


def herd_of_tasks(bench: Bench, store: FarStore) -> Iterator[Comparison]:
    number = 10 if bench.is_trial else HERD

    def by_us() -> Mapping[str, float]:
        source = unread(store)
        return tasks(store, lambda: aload_credentials(source), number)

    def peer(make: Callable[[], Read]) -> Mapping[str, float]:
        read = make()
        return tasks(store, lambda: asyncio.to_thread(read), number)

    once = {"binance-creds, aload_credentials": Several(by_us)}
    for name, make in peers(bench, store).items():
        once[f"{name} in to_thread"] = Several(lambda make=make: peer(make))
    yield from tables(once, f"{number:,} tasks", ("requests", "ms"), rounds=3)


def outage(bench: Bench, store: FarStore) -> Iterator[Comparison]:
    phase = 0.01 if bench.is_trial else PHASE
    once = {
        name: Several(lambda make=make: through_outage(store, make, phase))
        for name, make in {"binance-creds, live": live(store), **peers(bench, store)}.items()
        if name != "lru_cache"  # never refreshes
    }
    for title in PHASES:
        for unit, what in (("us", "the longest read"), ("errors", "reads that failed")):
            cases = [
                Case(name, lambda one=one, key=f"{title} {unit}": one.figure(key))
                for name, one in once.items()
            ]
            yield Comparison(f"While the store {title}: {what}", unit, cases)
    cases = [
        Case(name, lambda one=one: one.figure("recovery ms"), why=ASKS_IN_BACKGROUND)
        for name, one in once.items()
    ]
    yield Comparison("From the recovery to the new version", "ms", cases)


def tables(
    once: Mapping[str, Several], title: str, units: tuple[str, ...], rounds: int
) -> Iterator[Comparison]:
    names = {"requests": "requests to the store", "ms": "until all have it"}
    for unit in units:
        cases = [
            Case(name, lambda one=one, unit=unit: one.figure(unit), why=WAKING)
            for name, one in once.items()
        ]
        note = "" if unit == "requests" else "Most of it is what so many take to wake up."
        yield Comparison(f"{title}: {names[unit]}", unit, cases, note=note, rounds=rounds)


def peers(bench: Bench, store: FarStore) -> dict[str, Callable[[], Read]]:
    """Return for each peer what makes a reader of it with nothing in its cache."""
    client = store.client()

    def plain() -> Read:
        return lru_cache(lambda: client.get_secret_value(SecretId="bench/peer"))

    found: dict[str, Callable[[], Read]] = {"lru_cache": plain}
    if bench.has("aws-secretsmanager-caching", "aws_secretsmanager_caching"):
        from aws_secretsmanager_caching import SecretCache, SecretCacheConfig

        def caching() -> Read:
            config = SecretCacheConfig(secret_refresh_interval=REFRESH)
            cache = SecretCache(config=config, client=client)
            return lambda: cache.get_secret_string("bench/peer")

        found["aws-secretsmanager-caching"] = caching
    if bench.has("aws-lambda-powertools", "aws_lambda_powertools"):
        from aws_lambda_powertools.utilities.parameters import SecretsProvider

        def powertools() -> Read:
            provider = SecretsProvider(boto3_client=client)
            return lambda: provider.get("bench/peer", max_age=REFRESH)

        found["aws-lambda-powertools"] = powertools
    return found


def ours(store: FarStore) -> Read:
    source = unread(store)
    return lambda: load_credentials(source)


def unread(store: FarStore) -> str:
    """Return a source that is not in the cache, of a store whose client is there as the peers' is."""
    return store.source(f"herd-{next(NUMBERS)}")


def live(store: FarStore) -> Callable[[], Read]:
    policy = RefreshPolicy(ttl=REFRESH, poll=REFRESH, max_stale="1h")

    def make() -> Read:
        handle = load_credentials(store.source("live"), live=True, refresh=policy)
        read = lambda: handle.current  # noqa: E731
        read.close = handle.close
        return read

    return make


def herd(store: FarStore, read: Read, number: int) -> Mapping[str, float]:
    """Let so many threads begin at once."""
    before, gate = store.requests, threading.Event()

    def one() -> None:
        gate.wait()
        read()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    gate.set()
    for thread in threads:
        thread.join()
    took = (time.perf_counter() - began) * 1000
    return {"requests": store.requests - before, "ms": took}


def tasks(store: FarStore, read: Callable[[], object], number: int) -> Mapping[str, float]:
    before, began = store.requests, time.perf_counter()

    async def main() -> None:
        await asyncio.gather(*(read() for _ in range(number)))

    asyncio.run(main())
    took = (time.perf_counter() - began) * 1000
    return {"requests": store.requests - before, "ms": took}


def through_outage(store: FarStore, make: Callable[[], Read], phase: float) -> Mapping[str, float]:
    """Read every millisecond through each phase; return the longest read and the errors of each."""
    store.set(mode="ok")
    read = Watched(make())
    read.once()
    time.sleep(phase / 10)
    found: dict[str, float] = {}
    for title, mode in PHASES.items():
        store.set(mode=mode, version=next(NUMBERS))
        found[f"{title} us"], found[f"{title} errors"] = read.through(phase)
    found["recovery ms"] = read.until_changed() * 1000
    if close := getattr(read.read, "close", None):
        close()
    return found


class Watched:
    """Reads, and notes when what it reads has changed."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self._began = self._changed_at = 0.0  # of the phase, and in it
        self._value: object = None

    def once(self) -> None:
        value = self.read()
        if value != self._value:
            self._value, self._changed_at = value, time.perf_counter()

    def through(self, seconds: float) -> tuple[float, float]:
        """Read every millisecond; return the longest read in microseconds, and the errors."""
        longest, errors = 0.0, 0
        self._began = time.perf_counter()
        while (began := time.perf_counter()) < self._began + seconds:
            try:
                self.once()
            except Exception:
                errors += 1
            longest = max(longest, time.perf_counter() - began)
            time.sleep(0.001)
        return longest * 1e6, errors

    def until_changed(self) -> float:
        """Return the seconds of the last phase until there was a new value; waits for one."""
        while self._changed_at < self._began:
            if time.perf_counter() > self._began + PATIENCE:
                raise RuntimeError("there is no new version")
            self.once()
            time.sleep(0.001)
        return self._changed_at - self._began
