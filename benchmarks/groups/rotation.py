"""From a change at the source to the first signature with the new pair, by each way to hear of it."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.core import Bench, Case, Comparison, Several
from benchmarks.far_store import REGION, FarStore, arn
from binance_creds import RefreshPolicy, load_credentials

TITLE: Final = "Rotation"
ABOUT: Final = (
    "A new pair is stored, at a random moment between two polls, and the clock runs until it has"
    " signed for the first time. A store of AWS in another process answers at once; what is polled"
    " is polled each second, and what is announced only once an hour. The peers do what one writes"
    " without a library: a loop reads each second, and builds a new client after a change."
)
POLLS: Final = (
    "A poll comes half an interval after the change on average, whoever asks; then the pair is"
    " fetched, parsed and checked before it is used."
)
LOOP: Final = "a loop over python-dotenv"
POLL, SPACING, ROTATIONS, READS = 1.0, 1.1, 20, 20_000
POLLED: Final = RefreshPolicy(poll=POLL, ttl=POLL, jitter=0, max_stale="1h")
Change = Callable[[], None]


def comparisons(bench: Bench) -> Iterator[Comparison]:
    bench.stack.callback(random.seed)
    random.seed(1)
    ways = {**files(bench), **stores(bench), **loops(bench)}
    cases = [Case(name, way, why=POLLS) for name, way in ways.items()]
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


def stores(bench: Bench) -> dict[str, Callable[[], float]]:
    if not bench.has("AWS Secrets Manager", "boto3"):
        return {}
    store, found = FarStore(bench), {}
    numbers = count(2)

    def change() -> None:
        store.set(version=next(numbers))

    def add(name: str, policy: RefreshPolicy, changed: Change, pause: tuple[float, float]) -> None:
        live = load_credentials(store.source(name.replace(" ", "-")), live=True, refresh=policy)
        bench.stack.enter_context(live)
        found[f"binance-creds, AWS {name}"] = lambda: until_signed(live, changed, pause)

    add("polled", POLLED, change, (0, POLL))
    for name, uri, announced in pushes(bench, store):
        policy = RefreshPolicy(poll="1h", ttl="1h", max_stale="4h", push=[uri])
        add(name, policy, lambda announced=announced: (change(), announced()), (SPACING, SPACING))
    return found


def pushes(bench: Bench, store: FarStore) -> Iterator[tuple[str, str, Change]]:
    """Yield the ways to be told, with what tells."""
    yield "with a signal", "signal:SIGUSR1", lambda: os.kill(os.getpid(), signal.SIGUSR1)
    if bench.has("Redis", "redis") and shutil.which("redis-server"):
        from binance_creds.live import Announcement
        from binance_creds.live.push.redis import announce

        url = redis_server(bench)
        yield "with Redis", url, lambda: announce(url, Announcement())
    else:
        bench.left_out.append("Redis: `redis-server` is not installed")
    if not bench.is_trial and bench.has("SQS", "moto.server"):
        import boto3

        queues = boto3.client("sqs", endpoint_url=sqs_server(bench))
        queue = queues.create_queue(QueueName="bot")["QueueUrl"]
        name = "bench/with-SQS"
        event = {
            "detail-type": "Secret Label Updated",
            "resources": [arn(name)],
            "detail": {"name": name, "labelUpdated": "AWSCURRENT"},
        }
        place = f"{queue}?region={REGION}&endpoint_url={queues.meta.endpoint_url}"
        send = partial(queues.send_message, QueueUrl=queue, MessageBody=json.dumps(event))
        yield "with SQS", f"sqs:{place}", send


def redis_server(bench: Bench) -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=bench.folder)
    bench.stack.enter_context(process)
    bench.stack.callback(process.kill)
    next(line for line in process.stdout if "Ready to accept connections" in line)
    return f"redis://127.0.0.1:{port}/0"


def sqs_server(bench: Bench) -> str:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    bench.stack.callback(server.stop)
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def until_signed(live, change: Change, pause: tuple[float, float] = (0, 0)) -> float:
    """Return the milliseconds from a change to the first signature."""
    time.sleep(random.uniform(*pause))
    arrived = threading.Event()
    forget = live.on_rotation(lambda rotation: arrived.set())
    began = time.perf_counter()
    change()
    if not arrived.wait(20):
        raise RuntimeError(f"no rotation: {live.status()}")
    live.current.sign(b"timestamp=1")
    took = time.perf_counter() - began
    forget()
    return took * 1000


def loops(bench: Bench) -> dict[str, Callable[[], float]]:
    found = {}
    if bench.has("python-dotenv", "dotenv") and bench.has("python-binance", "binance.client"):
        from dotenv import dotenv_values

        path = bench.folder / "loop.env"
        put(path, env_text())
        loop = RebuildingLoop(lambda: dotenv_values(path)["BINANCE_API_SECRET"])
        bench.stack.callback(loop.close)
        found[LOOP] = lambda: loop.until_signed(lambda: put(path, env_text()))
    return found


class RebuildingLoop:
    """Reads each second, and builds a new client of python-binance after a change."""

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


def pair() -> dict[str, str]:
    return {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}


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
