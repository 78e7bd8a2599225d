"""What many live credentials in one process take, from one to ten thousand."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Final

import binance_creds
from benchmarks.core import Bench, Case, Comparison, Growth, repeated
from benchmarks.far_store import FarStore
from binance_creds import clear_cache, load_credentials
from binance_creds.providers import memory

TITLE: Final = "Scale"
ABOUT: Final = (
    "A process for each figure holds so many live credentials: of as many `.env` files in one"
    " folder, or of as many secrets of AWS. Beside it is what one writes without a library: a thread"
    " for each file, which reads it each second with python-dotenv; it is left out at 10,000. Files"
    " are all rewritten at once, secrets all get a new version at once."
)
FILES: Final = (1, 10, 100, 1_000, 10_000)
SECRETS: Final = (1, 10, 100, 1_000)
FILES_LINE: Final = "binance-creds, files"
LINES: Final = {
    FILES_LINE: "files",
    "binance-creds, AWS": "store",
    "a thread for each file": "loops",
}
CACHED = 1_000


def comparisons(bench: Bench) -> Iterator[Comparison | Growth]:
    yield memory_of_the_cache(bench)
    fleet = Fleet(bench)
    for title, unit, key in (
        ("Threads", "threads", "threads"),
        ("Processor at rest", "% of a core", "rest"),
        ("Memory for each", "KiB", "kib"),
        ("Until all have the new pair", "s", "swap"),
    ):
        lines = {
            name: lambda number, kind=kind, key=key: fleet.figure(kind, number, key)
            for name, kind in LINES.items()
            if kind != "store" or fleet.has_store
        }
        yield Growth(title, unit, "live credentials", FILES, lines, rounds=1)
    one = {FILES_LINE: lambda number: fleet.figure("files", number, "one")}
    yield Growth(
        "One change among so many", "ms of the processor", "live credentials", FILES, one, rounds=1
    )
    if fleet.has_store:
        lines = {
            "binance-creds, AWS": lambda number: fleet.figure("store", number, "requests"),
            "a poll for each, each 30 s": lambda number: 2.0 * number,
        }
        note = "With the default `poll` of 30 s; a batch has 20 secrets."
        yield Growth(
            "Requests a minute", "requests", "live credentials", SECRETS, lines, note, rounds=1
        )
    yield reads(bench)


class Fleet:
    """Runs the process of a kind and a number once, for all of its figures."""

    def __init__(self, bench: Bench) -> None:
        self.has_store = bench.has("AWS Secrets Manager", "boto3")
        self._trial = ["--trial"] if bench.is_trial else []
        self._url = FarStore(bench).url if self.has_store else ""
        self._taken = lru_cache(self._run)

    def figure(self, kind: str, number: int, key: str) -> float:
        if number > {"files": FILES, "store": SECRETS, "loops": SECRETS}[kind][-1]:
            return float("nan")
        return self._taken(kind, number)[key]

    def _run(self, kind: str, number: int) -> dict[str, float]:
        package = str(Path(binance_creds.__file__).parents[1])
        environ = {**os.environ, "BENCH_STORE": self._url, "PYTHONPATH": package}
        command = [sys.executable, "-m", "benchmarks.fleet", kind, str(number), *self._trial]
        root = Path(__file__).parents[2]
        done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{kind} {number}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)


def memory_of_the_cache(bench: Bench) -> Comparison:
    """Return what a cached pair takes; the texts of key and secret are somewhere else already."""
    cases = [Case("binance-creds, with its plan", cached)]
    if bench.has("aws-secretsmanager-caching", "aws_secretsmanager_caching"):
        cases.append(Case("aws-secretsmanager-caching", of_caching_library))
    note = "What Python has allocated; OpenSSL's part of a signer is not in it."
    return Comparison("A cached pair", "bytes", cases, note=note, rounds=3)


SERIES: Final = count()


def cached() -> float:
    clear_cache()
    series = next(SERIES)
    names = [f"scale-{series}-{it}" for it in range(CACHED)]
    for name in names:
        memory.register(
            name, {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}
        )
    load_credentials(f"memory:{names[0]}")
    return allocated(lambda: [load_credentials(f"memory:{name}") for name in names])


def of_caching_library() -> float:
    from aws_secretsmanager_caching import SecretCache

    from benchmarks.groups.warm_read import AnsweringClient

    cache = SecretCache(client=AnsweringClient())
    cache.get_secret_string("first")
    return allocated(lambda: [cache.get_secret_string(f"scale-{it}") for it in range(CACHED)])


def allocated(make) -> float:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = make()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return (after - before) / CACHED


def reads(bench: Bench) -> Growth:
    """Return what a read costs beside so many other handles."""
    memory.register("scale", {"api_key": "k1" * 32, "api_secret": "s2" * 32})
    lives: list = []
    number = bench.number(50_000)

    def measure(many: int) -> float:
        while len(lives) < many:
            live = load_credentials("memory:scale", live=True)
            lives.append(bench.stack.enter_context(live))
        last = lives[many - 1]
        return repeated(lambda: last.current, number, 1e9)()

    lines = {"binance-creds, live.current": measure}
    return Growth("A read", "ns", "live credentials", SECRETS, lines, rounds=9)
