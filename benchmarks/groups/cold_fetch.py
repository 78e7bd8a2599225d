"""What it takes to read many secrets of a store for the first time, near and far."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.core import Bench, Case, Comparison, Growth, repeated
from benchmarks.far_store import FarStore
from binance_creds import load_credentials, load_many

TITLE: Final = "Cold fetch"
ABOUT: Final = (
    "A `.env` is read by a program that has read one before; processor time."
    " Then secrets of AWS Secrets Manager are read from a store in another process, which answers at once"
    " or after 20 ms. Our rows return credentials that are checked and can sign; the others return"
    " what `json` makes of the secret. By the clock."
)
MANY: Final = (1, 100, 1000)
MOST: Final = {0.0: 100, 0.02: 20}  # how many a loop reads one by one; more is calculated
CHECKS_FILES: Final = (
    "It reads the file through every folder on the way and checks who may write each of them, and"
    " checks the pair; python-dotenv opens a file."
)
WHY: Final = {
    "binance-creds, load_many": (
        "It parses and checks each pair, keeps it in the cache and calls the store on a thread with"
        " a deadline; by hand the answer is taken as it is. Where the store is far, batches that"
        " are fetched side by side make up for it."
    ),
    "binance-creds, a loop over load_credentials": (
        "It asks for one secret after another, each checked and on a thread with a deadline;"
        " `load_many` is for many."
    ),
}
THREADS, BATCH, MOST_OF_THREADS = 32, 20, 320


def comparisons(bench: Bench) -> Iterator[Comparison | Growth]:
    yield dotenv(bench)
    if not bench.has("boto3", "boto3"):
        return
    store = FarStore(bench)
    reader = Reader(store)
    for delay in MOST:
        for number in MANY[:2] if bench.is_trial else MANY:
            yield fetch(reader, number, delay)
    store.set(delay=0.0)
    yield Growth(
        "Requests to the store",
        "requests",
        "secrets",
        MANY,
        {
            "binance-creds, load_many": lambda number: reader.requests(reader.ours, number),
            "a loop over boto3": lambda number: float(number),
            "the batch API by hand": lambda number: reader.requests(reader.batches, number),
        },
        rounds=1,
        peers={"binance-creds, load_many": "the batch API by hand"},
    )


def dotenv(bench: Bench) -> Comparison:
    """Return what one `.env` costs a program that has read one before, in processor time."""
    from dotenv import dotenv_values

    path = bench.folder / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={'k1' * 32}\nBINANCE_API_SECRET={'s2' * 32}\n")
    calls = {
        "binance-creds, a fresh load": lambda: load_credentials(f"dotenv:{path}", fresh=True),
        "dotenv_values": lambda: dotenv_values(path),
    }
    if bench.has("pydantic-settings", "pydantic_settings"):
        calls["pydantic-settings"] = settings(path)
    cases = [
        Case(name, repeated(call, bench.number(50)), why=CHECKS_FILES)
        for name, call in calls.items()
    ]
    return Comparison("A .env in a warm process", "us", cases, base="dotenv_values")


def settings(path: Path) -> Callable[[], object]:
    from pydantic import SecretStr, create_model
    from pydantic_settings import BaseSettings

    kind = create_model(
        "Settings", __base__=BaseSettings, binance_api_key=SecretStr, binance_api_secret=SecretStr
    )
    return lambda: kind(_env_file=path)


def fetch(reader: Reader, number: int, delay: float) -> Comparison:
    most = min(number, MOST[delay])
    calls = {
        "binance-creds, load_many": (reader.ours, number),
        "binance-creds, a loop over load_credentials": (reader.ours_one_by_one, most),
        "a loop over boto3": (reader.one_by_one, most),
        f"{THREADS} threads over boto3": (reader.threads, min(number, MOST_OF_THREADS)),
        "the batch API by hand": (reader.batches, number),
    }
    cases = [
        Case(name, reader.timed(call, some, number, delay), why=WHY.get(name, ""))
        for name, (call, some) in calls.items()
    ]
    note = "" if most == number else f"Loops read {most} of them, and that is multiplied."
    if number > MOST_OF_THREADS:
        note += f" The {THREADS} threads read {MOST_OF_THREADS}."
    where = f"{delay * 1000:.0f} ms away"
    title = f"{number:,} secret{'s' * (number > 1)}, {where}"
    return Comparison(title, "ms", cases, "a loop over boto3", note)


class Reader:
    """Reads some secrets, in each way."""

    def __init__(self, store: FarStore) -> None:
        self._store = store
        self._client = store.client(connections=THREADS)
        self._delay = -1.0

    def timed(
        self, read: Callable[[int], object], some: int, number: int, delay: float
    ) -> Callable[[], float]:
        """Return what measures `number` secrets by reading some of them."""

        def measure() -> float:
            if delay != self._delay:
                self._store.set(delay=delay)
                self._delay = delay
            began = time.perf_counter()
            read(some)
            return (time.perf_counter() - began) * 1000 * number / some

        return measure

    def requests(self, read: Callable[[int], object], number: int) -> float:
        before = self._store.requests
        read(number)
        return float(self._store.requests - before)

    def ours(self, number: int) -> None:
        load_many({str(it): self._store.source(it) for it in range(number)}, fresh=True)

    def ours_one_by_one(self, number: int) -> None:
        for it in range(number):
            load_credentials(self._store.source(it), fresh=True)

    def one_by_one(self, number: int) -> None:
        for it in range(number):
            self._read(it)

    def threads(self, number: int) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._read, range(number)))

    def batches(self, number: int) -> None:
        names = [f"bench/{it}" for it in range(number)]
        for start in range(0, number, BATCH):
            found = self._client.batch_get_secret_value(SecretIdList=names[start : start + BATCH])
            for one in found["SecretValues"]:
                json.loads(one["SecretString"])

    def _read(self, number: int) -> object:
        found = self._client.get_secret_value(SecretId=f"bench/{number}")
        return json.loads(found["SecretString"])


def main() -> None:
    """Print the figures of the largest batch alone."""
    bench = Bench(Path())
    with bench.stack:
        reader = Reader(FarStore(bench))
        reader.ours(1)
        requests = reader.requests(reader.ours, 1000)
        one_by_one = reader.timed(reader.ours_one_by_one, 100, 1000, 0.02)()
        times = one_by_one / reader.timed(reader.ours, 1000, 1000, 0.02)()
        print(f"{requests:.0f} requests, {times:.0f} times as fast as one by one")


if __name__ == "__main__":
    main()
