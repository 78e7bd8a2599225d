"""What a program pays to have its credentials once more, when they were loaded before."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from benchmarks.core import Bench, Case, Comparison
from binance_creds import clear_cache, load_credentials
from binance_creds.providers import memory

TITLE: Final = "Warm read"
ABOUT: Final = (
    "The credentials are there; each row reads them again. Libraries that cache a secret of AWS get"
    " a client that answers at once, so that only their cache is measured. Processor time."
)
BASE: Final = "a property"
WHY: Final = {
    "binance-creds, live.current": (
        "It is a property that reads two attributes, to refuse what has expired, was denied or was"
        " closed; a method, which CPython 3.11 calls sooner than a property, reads one."
    ),
    "binance-creds, load_credentials(uri)": (
        "It looks at all its arguments, and whether the result in the cache is still fresh; what"
        " reads often keeps a live handle, and reads `current`."
    ),
    "binance-creds, load_credentials()": (
        "It also looks at the variables and for a configuration each time, because both may have"
        " changed; what reads often keeps a live handle, and reads `current`."
    ),
}
PAIR: Final = '{"api_key": "k", "api_secret": "s"}'
MANY, FEW, THREADS = 80_000, 4_000, 8


class Plain:
    """Gives what it holds in the plain ways of Python."""

    def __init__(self, current: object) -> None:
        self._current = current

    @property
    def current(self) -> object:
        return self._current

    def get(self) -> object:
        return self._current


class AnsweringClient:
    """A client of Secrets Manager that answers at once, for what caches its answers."""

    meta = None

    def describe_secret(self, SecretId: str) -> dict[str, object]:
        return {"VersionIdsToStages": {"v1": ["AWSCURRENT"]}}

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        return {"Name": "bot", "VersionId": "v1", "SecretString": PAIR}


def comparisons(bench: Bench) -> Iterator[Comparison]:
    reads = {**ours(bench), **by_hand(), **caches(bench)}
    for threads in (1, THREADS):
        title = "One thread" if threads == 1 else f"{threads} threads at once"
        cases = [
            Case(name, nanoseconds(read, bench.number(often), threads), why=WHY.get(name, ""))
            for name, (read, often) in reads.items()
        ]
        yield Comparison(title, "ns a read", cases, base=BASE)


Read = tuple[Callable[[], object], int]


def ours(bench: Bench) -> dict[str, Read]:
    memory.register("warm", {"api_key": "k1" * 32, "api_secret": "s2" * 32})
    live = bench.stack.enter_context(load_credentials("memory:warm", live=True))
    enter_folder_of_a_bot(bench)
    load_credentials()
    return {
        "binance-creds, live.current": (lambda: live.current, MANY),
        "binance-creds, load_credentials(uri)": (lambda: load_credentials("memory:warm"), FEW),
        "binance-creds, load_credentials()": (load_credentials, FEW),
    }


def enter_folder_of_a_bot(bench: Bench) -> None:
    """Work where a `.env` and a large pyproject.toml are, as a bot does."""
    before = os.getcwd()
    bench.stack.callback(os.chdir, before)
    bench.stack.callback(clear_cache)
    (bench.folder / "pyproject.toml").write_text("".join(f"[tool.x{n}]\na=1\n" for n in range(300)))
    path = bench.folder / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={'k1' * 32}\nBINANCE_API_SECRET={'s2' * 32}\n")
    for one in (path, bench.folder / "pyproject.toml"):
        os.utime(one, (1e9, 1e9))  # what has just been written is read again
    os.chdir(bench.folder)


def by_hand() -> dict[str, Read]:
    plain = Plain(object())

    @lru_cache
    def cached(name: str) -> object:
        return object()

    return {
        BASE: (lambda: plain.current, MANY),
        "a method": (lambda: plain.get(), MANY),
        "lru_cache": (lambda: cached("bot"), MANY),
    }


def caches(bench: Bench) -> dict[str, Read]:
    found: dict[str, Read] = {}
    if bench.has("aws-secretsmanager-caching", "aws_secretsmanager_caching"):
        from aws_secretsmanager_caching import SecretCache

        cache = SecretCache(client=AnsweringClient())
        found["aws-secretsmanager-caching"] = (lambda: cache.get_secret_string("bot"), FEW)
    if bench.has("aws-lambda-powertools", "aws_lambda_powertools", "boto3"):
        from aws_lambda_powertools.utilities.parameters import SecretsProvider

        provider = SecretsProvider(boto3_client=AnsweringClient())
        found["aws-lambda-powertools"] = (lambda: provider.get("bot", max_age=3600), FEW)
    if bench.has("botocore's refreshable credentials", "botocore"):
        from botocore.credentials import RefreshableCredentials

        later = datetime.now(UTC) + timedelta(hours=5)
        held = RefreshableCredentials("k", "s", "t", later, dict, "bench")
        found["botocore's refreshable credentials"] = (held.get_frozen_credentials, FEW)
    return found


def nanoseconds(read: Callable[[], object], often: int, threads: int) -> Callable[[], float]:
    """Return what measures one read among many, by so many threads."""

    def some() -> None:
        for _ in range(often):
            read()

    def measure() -> float:
        others = [threading.Thread(target=some) for _ in range(threads - 1)]
        began = time.process_time()
        for one in others:
            one.start()
        some()
        for one in others:
            one.join()
        return (time.process_time() - began) / (often * threads) * 1e9

    read()
    return measure
