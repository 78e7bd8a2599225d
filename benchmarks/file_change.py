"""From the moment a file is replaced to the first signature on the new pair.

Budget: at most 100 ms.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time

from binance_creds import load_credentials

TIMES = 30


def put(path: str, number: int) -> str:
    key = f"{number:04}" + "k1" * 30
    with open(f"{path}.new", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump({"api_key": key, "api_secret": f"{number:04}" + "s2" * 30}, file)
    os.replace(f"{path}.new", path)
    return key


def milliseconds(path: str, number: int, live) -> float:
    key = put(path, number)
    began = time.perf_counter()
    while True:
        pair = live.current
        if pair.api_key.reveal() == key:
            pair.sign(b"timestamp=1")
            return (time.perf_counter() - began) * 1000
        time.sleep(0.0005)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pair.json")
        put(path, 0)
        with load_credentials(f"file:{path}", live=True) as live:
            taken = []
            for number in range(1, TIMES + 1):
                taken.append(milliseconds(path, number, live))
                time.sleep(0.05)
    print(f"file change: median {statistics.median(taken):.1f} ms, longest {max(taken):.1f} ms")


if __name__ == "__main__":
    main()
