"""Many live credentials in one process: `python -m benchmarks.fleet KIND NUMBER` prints what
they take.

KIND is `files`, `store` (a store of AWS at the URL in `BENCH_STORE`), or `loops`: a thread for each
file, which reads it each second with python-dotenv.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from binance_creds import RefreshPolicy, load_credentials

RARELY: Final = RefreshPolicy(poll="1h", ttl="2h", max_stale="4h")
IS_TRIAL: Final = "--trial" in sys.argv
POLL, REST, PATIENCE = (0.2, 0.1, 300.0) if IS_TRIAL else (2.0, 3.0, 300.0)
OFTEN: Final = RefreshPolicy(poll=POLL, ttl="1h", max_stale="4h")
A_MINUTE: Final = 60 / 30 / (REST / POLL)  # what a poll each 30 s, the default, makes of it


def main() -> None:
    kind, number = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"files": files, "store": store, "loops": loops}[kind](folder, number)))


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
    settle()
    return {**found, "swap": swap, "one": cost_of_one(lives[0], paths[0])}


def cost_of_one(live: Any, path: Path) -> float:
    """Return the processor time in milliseconds that one change among so many takes."""
    arrived = threading.Event()
    live.on_rotation(lambda rotation: arrived.set())
    began = time.process_time()
    put(path, 2)
    arrived.wait(PATIENCE)
    return (time.process_time() - began) * 1000


def store(folder: str, number: int) -> dict[str, float]:
    url = os.environ["BENCH_STORE"]
    ask(url, {"version": 1})
    sources = [f"aws-sm://bench/{it}?endpoint_url={url}" for it in range(number)]
    load_credentials(f"aws-sm://bench/first?endpoint_url={url}", live=True, refresh=RARELY)
    before = resident()
    lives = [load_credentials(it, live=True, refresh=OFTEN) for it in sources]
    settle()
    asked = ask(url)["requests"]
    time.sleep(REST)
    requests = (ask(url)["requests"] - asked) * A_MINUTE
    found = taken(number, before)
    swap = swapped(
        lambda: ask(url, {"version": 2}),
        lambda: all(live.current.version == f"{2:032}" for live in lives),
    )
    return {**found, "swap": swap, "requests": requests}


def loops(folder: str, number: int) -> dict[str, float]:
    from dotenv import dotenv_values

    paths = [Path(folder, f"{it}.env") for it in range(number)]
    for path in paths:
        put(path, 0)
    known: dict[Path, str] = {}
    is_over = threading.Event()

    def follow(path: Path) -> None:
        while not is_over.is_set():
            known[path] = dotenv_values(path)["BINANCE_API_KEY"] or ""
            is_over.wait(1)

    dotenv_values(paths[0])
    before = resident()
    for path in paths:
        threading.Thread(target=follow, args=(path,)).start()
    while len(known) < number:
        time.sleep(0.01)
    found = taken(number, before)
    swap = swapped(
        lambda: [put(it, 1) for it in paths],
        lambda: all(key[0] == "1" for key in list(known.values())),
    )
    is_over.set()
    return {**found, "swap": swap}


def taken(number: int, before: int) -> dict[str, float]:
    """Return what so many take at rest."""
    settle()
    began = time.process_time()
    time.sleep(REST)
    used = 100 * (time.process_time() - began) / REST
    return {
        "threads": threading.active_count() - 1,
        "rest": used,
        "kib": (resident() - before) / number / 1024,
    }


def settle() -> None:
    """Wait until what follows the start is over: a second in which next to nothing is done."""
    until = time.monotonic() + (0 if IS_TRIAL else 10)
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


def ask(url: str, state: dict[str, object] | None = None) -> dict[str, Any]:
    body = json.dumps(state).encode() if state else None
    with urlopen(Request(url, body, method="PUT" if body else "GET")) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
