"""Many live handles on files, all rewritten at once: in one folder, and each in its own.

Budget: 10,000 handles swap within 30 s, the time grows with their number, and at rest they take
less than 1 % of a core.

    python benchmarks/many_handles.py [NUMBER ...]
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
import threading
import time

from binance_creds import RefreshPolicy, load_credentials

NUMBERS = (1_000, 3_000, 10_000)
BUDGET_SECONDS, REST_SECONDS, BUDGET_AT_REST = 30.0, 10.0, 1.0
RARELY = RefreshPolicy(poll="1h", ttl="2h", max_stale="4h")


def put(path: str) -> str:
    key = secrets.token_hex(32)
    with open(f"{path}.new", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump({"api_key": key, "api_secret": secrets.token_hex(32)}, file)
    os.replace(f"{path}.new", path)
    return key


def paths_of(root: str, number: int, *, is_one_folder: bool) -> list[str]:
    if is_one_folder:
        return [os.path.join(root, f"{one}.json") for one in range(number)]
    for one in range(number):
        os.mkdir(os.path.join(root, str(one)), 0o700)
    return [os.path.join(root, str(one), "pair.json") for one in range(number)]


def swap_seconds(paths: list[str], lives: list) -> tuple[float, float]:
    """Return how long the writing took, and how long after its begin all have swapped."""
    began = time.perf_counter()
    keys = [put(path) for path in paths]
    written = time.perf_counter() - began
    for key, live in zip(keys, lives, strict=True):
        while live.current.api_key.reveal() != key:
            time.sleep(0.005)
            if time.perf_counter() - began > 10 * BUDGET_SECONDS:
                raise SystemExit("they do not swap")
    return written, time.perf_counter() - began


def percent_at_rest() -> float:
    time.sleep(3 * REST_SECONDS)  # what follows a change is not rest
    before = time.process_time()
    time.sleep(REST_SECONDS)
    return 100 * (time.process_time() - before) / REST_SECONDS


def measure(number: int, *, is_one_folder: bool) -> bool:
    with tempfile.TemporaryDirectory() as root:
        paths = paths_of(root, number, is_one_folder=is_one_folder)
        for path in paths:
            put(path)
        began = time.perf_counter()
        lives = [load_credentials(f"file:{path}", live=True, refresh=RARELY) for path in paths]
        started = time.perf_counter() - began
        time.sleep(1)
        written, swapped = swap_seconds(paths, lives)
        at_rest = percent_at_rest()
        names = [one.name for one in threading.enumerate() if one.name.startswith("binance-creds")]
        print(
            f"{number:6} in {'one folder' if is_one_folder else 'many      '}"
            f"  start {started:5.1f} s  written {written:5.1f} s  all swapped {swapped:5.1f} s"
            f"  at rest {at_rest:.2f} %  {lives[0].status().change_sources}  threads {len(names)}",
            flush=True,
        )
        for live in lives:
            live.close()
    return swapped <= BUDGET_SECONDS and at_rest <= BUDGET_AT_REST


def main() -> None:
    numbers = [int(text) for text in sys.argv[1:]] or NUMBERS
    fine = [measure(number, is_one_folder=is_one) for is_one in (True, False) for number in numbers]
    if not all(fine):
        raise SystemExit("over the budget")


if __name__ == "__main__":
    main()
