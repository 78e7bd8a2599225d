"""Many live credentials in one process: `python -m benchmarks.fleet KIND NUMBER` prints what
they take.

KIND is `files`, `store` and `rest` (a store of AWS at the URL in `BENCH_STORE`, polled each 2 s and
by default), or without this library `loops` and `secrets`: a thread for each file, which reads it
each second with python-dotenv, and one for each secret, which asks boto3 each 2 s.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from binance_creds import RefreshPolicy, load_credentials

RARELY: Final = RefreshPolicy(poll="1h", ttl="2h", max_stale="4h")
IS_TRIAL: Final = "--trial" in sys.argv
POLL, REST, PATIENCE = (0.2, 0.1, 300.0) if IS_TRIAL else (2.0, 3.0, 300.0)
OFTEN: Final = RefreshPolicy(poll=POLL, ttl="1h", max_stale="4h")
DEFAULT: Final = OFTEN if IS_TRIAL else RefreshPolicy()
DEFAULT_REST: Final = REST if IS_TRIAL else 30.0  # seconds: one poll of each secret
CHANGES: Final = (1, 10, 100, 1_000)


def main() -> None:
    kind, number = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        measure = {
            "files": files, "store": store, "rest": rest, "loops": loops, "secrets": secrets
        }[kind]  # fmt: skip
        print(json.dumps(measure(folder, number)))


def files(folder: str, number: int) -> dict[str, float]:
    paths = [Path(folder, f"{it}.env") for it in range(number)]
    for path in paths:
        put(path, 0)
    first = Path(folder, "first.env")
    put(first, 0)
    load_credentials(f"dotenv:{first}", live=True, refresh=RARELY)  # what all share
    before = resident()
    lives = [load_credentials(f"dotenv:{it}", live=True, refresh=RARELY) for it in paths]
    found = taken(number, before)
    swap = swapped(
        lambda: [put(it, 1) for it in paths],
        lambda: all(live.current.api_key.reveal()[0] == "1" for live in lives),
    )
    costs = {}
    for turn, changes in enumerate(it for it in CHANGES if it <= number):
        settle()
        costs[f"changes {changes}"] = cost_of(lives[:changes], paths[:changes], 2 + turn)
    return {**found, "swap": swap, **costs}


def cost_of(lives: list[Any], paths: list[Path], turn: int) -> float:
    """Return the processor time in milliseconds that so many changes take, with the writing."""
    began = time.process_time()
    for path in paths:
        put(path, turn)
    swapped(
        lambda: None, lambda: all(one.current.api_key.reveal()[0] == str(turn) for one in lives)
    )
    return (time.process_time() - began) * 1000


def store(folder: str, number: int) -> dict[str, float]:
    before, lives = opened(number, OFTEN)
    found = taken(number, before)
    swap = swapped(
        lambda: ask({"version": 2}),
        lambda: all(live.current.version == f"{2:032}" for live in lives),
    )
    return {**found, "swap": swap}


def rest(folder: str, number: int) -> dict[str, float]:
    before, lives = opened(number, DEFAULT)
    settle()
    asked, began = ask()["requests"], time.monotonic()
    found = taken(number, before, DEFAULT_REST)
    requests = (ask()["requests"] - asked) * 60 / (time.monotonic() - began)
    del lives
    return {**found, "requests": requests}


def opened(number: int, policy: RefreshPolicy) -> tuple[int, list[Any]]:
    """Return the memory before, and so many live credentials of the store."""
    ask({"version": 1})
    url = os.environ["BENCH_STORE"]
    sources = [f"aws-sm://bench/{it}?endpoint_url={url}" for it in range(number)]
    first = f"aws-sm://bench/first?endpoint_url={url}"
    load_credentials(first, live=True, refresh=RARELY)  # what all share
    before = resident()
    return before, [load_credentials(it, live=True, refresh=policy) for it in sources]


def secrets(folder: str, number: int) -> dict[str, float]:
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=50)
    client = boto3.client("secretsmanager", endpoint_url=os.environ["BENCH_STORE"], config=config)
    ask({"version": 1})

    def read(it: int) -> str:
        return client.get_secret_value(SecretId=f"bench/{it}")["VersionId"]

    read(0)
    return polled(range(number), read, POLL, lambda: ask({"version": 2}), f"{2:032}")


def loops(folder: str, number: int) -> dict[str, float]:
    from dotenv import dotenv_values

    paths = [Path(folder, f"{it}.env") for it in range(number)]
    for path in paths:
        put(path, 0)

    def read(path: Path) -> str:
        return (dotenv_values(path)["BINANCE_API_KEY"] or "?")[0]

    read(paths[0])
    return polled(paths, read, 1, lambda: [put(it, 1) for it in paths], "1")


def polled(
    what: Sequence[Any],
    read: Callable[[Any], str],
    seconds: float,
    change: Callable[[], object],
    wanted: str,
) -> dict[str, float]:
    """Return what a thread for each takes, which reads it at an interval."""
    known: dict[Any, str] = {}
    is_over = threading.Event()

    def follow(one: Any) -> None:
        while not is_over.is_set():
            known[one] = read(one)
            is_over.wait(seconds)

    before = resident()
    for one in what:
        threading.Thread(target=follow, args=(one,)).start()
    while len(known) < len(what):
        time.sleep(0.01)
    found = taken(len(what), before)
    swap = swapped(change, lambda: all(it == wanted for it in list(known.values())))
    is_over.set()
    return {**found, "swap": swap}


def taken(number: int, before: int, seconds: float = REST) -> dict[str, float]:
    """Return what so many take at rest."""
    settle()
    began = time.process_time()
    time.sleep(seconds)
    used = 100 * (time.process_time() - began) / seconds
    return {
        "threads": threading.active_count() - 1,
        "rest": used,
        "kib": (resident() - before) / number / 1024,
    }


def settle() -> None:
    """Wait until what follows the start is over: a second in which next to nothing is done."""
    until = time.monotonic() + (0 if IS_TRIAL else 4)
    while time.monotonic() < until:
        began = time.process_time()
        time.sleep(1)
        if time.process_time() - began < 0.005:
            return


def swapped(change: Callable[[], object], has_swapped: Callable[[], bool]) -> float:
    began = time.monotonic()
    change()
    while not has_swapped():
        if time.monotonic() - began > PATIENCE:
            raise SystemExit("they do not swap")
        time.sleep(0.01)
    return time.monotonic() - began


def put(path: Path, number: int) -> None:
    new = path.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        key = os.urandom(31).hex()
        file.write(f"BINANCE_API_KEY={number}{key}0\nBINANCE_API_SECRET={number}{key}1\n")
    new.rename(path)


def resident() -> int:
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def ask(state: dict[str, object] | None = None) -> dict[str, Any]:
    """Return what the store tells of itself, changed as the state says."""
    body, url = json.dumps(state).encode() if state else None, os.environ["BENCH_STORE"]
    with urlopen(Request(url, body, method="PUT" if body else "GET")) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
