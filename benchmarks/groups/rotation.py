"""From a change at the source to the first signature with the new pair, by each way to hear of it."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.core import Bench, Case, Comparison, Several
from benchmarks.far_store import FarStore
from benchmarks.outside.rotations import POLL, Change, pair, stores, until_signed
from binance_creds import load_credentials

TITLE: Final = "Rotation"
ABOUT: Final = (
    "A new pair is stored, at a random moment between two polls, and the clock runs until it has"
    " signed for the first time. Stores are in processes of their own and answer at once; what is"
    " polled is polled each half second, and what is announced only once an hour. The peers do what one"
    " writes without a library: a loop reads each half second, and builds a new client after a"
    " change."
)
POLLS: Final = (
    "A poll comes half an interval after the change on average, whoever asks; then the pair is"
    " fetched, parsed and checked before it is used."
)
WHY: Final = {
    "binance-creds, Azure with a storage queue": (
        "A storage queue answers at once whether there is a message or not, so it is asked after 1 s"
        " and ever later up to 5 s: each request has its price."
    ),
}
LOOP: Final = "a loop over python-dotenv"
LOOP_AWS: Final = "a loop over boto3"
ROTATIONS, READS = 20, 20_000


def comparisons(bench: Bench) -> Iterator[Comparison]:
    bench.stack.callback(random.seed)
    random.seed(1)
    ways = {**files(bench), **stores(bench), **loops(bench)}
    cases = [Case(name, way, why=WHY.get(name, POLLS)) for name, way in ways.items()]
    yield Comparison("From the change to the first signature", "ms", cases, base=LOOP)
    yield from readers(bench)


def files(bench: Bench) -> dict[str, Callable[[], float]]:
    dotenv, document = bench.folder / "live.env", bench.folder / "pair.json"
    mount = bench.folder / "mount"
    mount.mkdir()
    changes: dict[str, tuple[str, Change]] = {
        ".env": (f"dotenv:{dotenv}", lambda: put(dotenv, env_text())),
        "JSON file": (f"file:{document}", lambda: put(document, json.dumps(pair()))),
        "mounted folder, as of Kubernetes": (f"file:{mount}", lambda: mounted(mount)),
    }
    found = {}
    for name, (source, change) in changes.items():
        change()
        live = bench.stack.enter_context(load_credentials(source, live=True))
        found[f"binance-creds, {name}"] = lambda live=live, change=change: until_signed(
            live, change
        )
    return found


def loops(bench: Bench) -> dict[str, Callable[[], float]]:
    found: dict[str, tuple[Callable[[], str | None], Change]] = {}
    if not bench.has("loops", "binance.client"):
        return {}
    if bench.has("python-dotenv", "dotenv"):
        from dotenv import dotenv_values

        path = bench.folder / "loop.env"
        put(path, env_text())
        found[LOOP] = (
            lambda: dotenv_values(path)["BINANCE_API_SECRET"],
            lambda: put(path, env_text()),
        )
    if bench.has(LOOP_AWS, "boto3"):
        store, numbers = FarStore(bench), count(2)
        client = store.client()
        found[LOOP_AWS] = (
            lambda: client.get_secret_value(SecretId="bench/loop")["SecretString"],
            lambda: store.set(version=next(numbers)),
        )
    return {name: looping(bench, *ways) for name, ways in found.items()}


def looping(bench: Bench, read: Callable[[], str | None], change: Change) -> Callable[[], float]:
    loop = RebuildingLoop(read)
    bench.stack.callback(loop.close)
    return lambda: loop.until_signed(change)


class RebuildingLoop:
    """Reads each half second, and builds a new client of python-binance after a change."""

    def __init__(self, read: Callable[[], str | None]) -> None:
        self._read, self._is_closed, self._signed = read, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._signed.wait()

    def until_signed(self, change: Change) -> float:
        time.sleep(random.uniform(0, POLL))
        self._signed.clear()
        began = time.perf_counter()
        change()
        self._signed.wait()
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._is_closed.set()
        self._thread.join()

    def _run(self) -> None:
        from binance.client import Client

        known = None
        while not self._is_closed.wait(POLL if known else 0):
            if (secret := self._read()) != known:
                known = secret
                client = Client("k", secret, ping=False)
                client._generate_signature({"timestamp": 1})
                self._signed.set()


def readers(bench: Bench) -> Iterator[Comparison]:
    """Yield what a reader pays at rest, and while the pair changes twenty times."""
    path = bench.folder / "read.json"
    put(path, json.dumps(pair()))
    live = bench.stack.enter_context(load_credentials(f"file:{path}", live=True))
    rest = Several(lambda: reads(live, bench, None))
    busy = Several(lambda: reads(live, bench, path))
    for title, key in (("half", "p50"), ("99 of 100", "p99")):
        cases = [
            Case("binance-creds, at rest", lambda key=key: rest.figure(key)),
            Case(
                f"binance-creds, {ROTATIONS} rotations meanwhile", lambda key=key: busy.figure(key)
            ),
        ]
        yield Comparison(f"A read and a signature: {title} take at most", "us", cases)


def reads(live, bench: Bench, path: Path | None) -> Mapping[str, float]:
    taken, number = [], bench.number(READS)
    for done in range(number):
        if path and done % (number // ROTATIONS + 1) == 0:
            put(path, json.dumps(pair()))
        began = time.perf_counter()
        live.current.sign(b"timestamp=1")
        taken.append(time.perf_counter() - began)
    taken.sort()
    return {"p50": taken[number // 2] * 1e6, "p99": taken[int(number * 0.99)] * 1e6}


def env_text() -> str:
    return "".join(f"BINANCE_{name.upper()}={value}\n" for name, value in pair().items())


def put(path: Path, text: str) -> None:
    """Replace a file as an editor or an agent does."""
    new = path.with_suffix(".new")
    new.touch(0o600)
    new.write_text(text)
    new.rename(path)


def mounted(mount: Path) -> None:
    """Put a new generation in place as the kubelet does: by one link that is renamed."""
    generation = mount / f"..{secrets.token_hex(4)}"
    generation.mkdir()
    for name, value in pair().items():
        (generation / name).write_text(value)
        (generation / name).chmod(0o600)
        if not (mount / name).is_symlink():
            (mount / name).symlink_to(Path("..data") / name)
    link = mount / "..data_tmp"
    link.symlink_to(generation.name)
    link.rename(mount / "..data")
