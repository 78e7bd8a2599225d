"""What many live credentials in one process take, from one to ten thousand."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
    " folder, which the kernel says have changed, or of as many secrets of AWS, which are polled:"
    " each 30 s, which is the default, or each 2 s. Beside them is what one writes without a"
    " library: a thread for each file, which reads it each second with python-dotenv, and a thread"
    " for each secret, which asks boto3 each 2 s; they are left out at 10,000, as is what would ask"
    " the store 5,000 times a second. Files are all rewritten at once, secrets all get a new version"
    " at once."
)
NUMBERS: Final = (1, 10, 100, 1_000, 10_000)
FEWER: Final = NUMBERS[:-1]
FEW = 100  # so many take too little to disturb each other
FILES, DEFAULT, OFTEN = (
    "binance-creds, files",
    "binance-creds, AWS each 30 s",
    "binance-creds, AWS each 2 s",
)
LOOPS, SECRETS = "a thread a file, each 1 s", "a thread a secret, each 2 s"
LINES: Final = {FILES: "files", DEFAULT: "rest", OFTEN: "store", LOOPS: "loops", SECRETS: "secrets"}
UP_TO: Final = {"files": NUMBERS, "rest": NUMBERS}
PEERS: Final = {FILES: LOOPS, OFTEN: SECRETS}
STARTED: Final = "Threads, watches and tables of the first handle are divided by few handles."
WHY: Final = {
    "threads": {OFTEN: "One thread serves all handles; others come to fetch, and are counted if they"
                       " are there just then."},
    "rest": {FILES: "Beside few files the folders on the way are compared each 2 s as well.",
             OFTEN: "Beside few secrets the threads of a poll cost more than the thread of a loop."},
    "kib": {FILES: STARTED, OFTEN: STARTED},
    "swap": {FILES: "One thread reads and parses all files, which many threads do no faster; a loop"
                    " takes only the text, and checks nothing.",
             OFTEN: "Polls are spread over the interval, and each batch is checked and parsed."},
}  # fmt: skip
EARLY: Final = "A poll comes up to a tenth early, so that a minute may have one more."
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
            for name, kind in fleet.lines.items()
            if (kind, key) != ("rest", "swap")  # until the next poll, 30 s at most
        }
        peers = {ours: peer for ours, peer in PEERS.items() if ours in lines and peer in lines}
        yield Growth(
            title, unit, "live credentials", NUMBERS, lines, rounds=1, peers=peers, why=WHY[key]
        )
    yield from changes(fleet)
    if fleet.has_store:
        yield requests(fleet)
    yield reads(bench)


def changes(fleet: Fleet) -> Iterator[Growth]:
    """Yield what a change costs among many files, and what many changes cost."""
    one = {FILES: lambda number: fleet.figure("files", number, "changes 1")}
    unit = "ms of the processor"
    yield Growth("One change among so many", unit, "live credentials", NUMBERS, one, rounds=1)
    many = {FILES: lambda number: fleet.figure("files", FEWER[-1], f"changes {number}")}
    yield Growth("So many changes among 1,000", unit, "changes", FEWER, many, rounds=1)


def requests(fleet: Fleet) -> Growth:
    lines = {
        DEFAULT: lambda number: fleet.figure("rest", number, "requests"),
        "a poll for each, each 30 s": lambda number: 2.0 * number,
    }
    note = "Counted over one interval; a batch has 20 secrets."
    peers, why = {DEFAULT: "a poll for each, each 30 s"}, {DEFAULT: EARLY}
    return Growth(
        "Requests a minute", "requests", "live credentials", NUMBERS, lines, note, 1, peers, why
    )


class Fleet:
    """Runs the process of a kind and a number once, for all of its figures."""

    def __init__(self, bench: Bench) -> None:
        self.has_store = bench.has("AWS Secrets Manager", "boto3")
        self.lines = {
            name: kind
            for name, kind in LINES.items()
            if self.has_store or kind in {"files", "loops"}
        }
        self._bench = bench
        self._taken: dict[tuple[str, int], dict[str, float]] = {}

    def figure(self, kind: str, number: int, key: str) -> float:
        if number not in UP_TO.get(kind, FEWER):
            return float("nan")
        if not self._taken and not self._bench.is_trial:
            few = [(kind, it) for kind in self.lines.values() for it in NUMBERS if it <= FEW]
            self._beside_each_other(few)
        if kind == "rest" and not self._bench.is_trial:
            self._beside_each_other([("rest", it) for it in NUMBERS if it > FEW])
        if (kind, number) not in self._taken:
            self._taken[kind, number] = self._run(kind, number)
        return self._taken[kind, number][key]

    def _beside_each_other(self, asked: list[tuple[str, int]]) -> None:
        """Run at one time what mostly rests, for half a minute at the default interval."""
        if asked[0] not in self._taken:
            with ThreadPoolExecutor(len(asked)) as pool:
                found = list(pool.map(lambda one: self._run(*one), asked))
            self._taken |= dict(zip(asked, found, strict=True))

    def _run(self, kind: str, number: int) -> dict[str, float]:
        package = str(Path(binance_creds.__file__).parents[1])
        needs_store = kind not in {"files", "loops"}
        url = FarStore(self._bench).url if needs_store else ""  # one each: it counts requests
        environ = {**os.environ, "PYTHONPATH": package, "BENCH_STORE": url}
        trial = ["--trial"] if self._bench.is_trial else []
        command = [sys.executable, "-m", "benchmarks.fleet", kind, str(number), *trial]
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
    return Growth("A read", "ns", "live credentials", FEWER, lines, rounds=9)
