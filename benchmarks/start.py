"""What a program pays before its first request, against a bare interpreter, side by side.

Budgets: a first load from the environment 3.0 times a bare start, a first live handle on a `.env`
6 times, a load with a verifier 4 times, `binance-creds --help` 6 times.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 40
PROGRAMS = {
    "bare": "pass",
    "load": "from binance_creds import load_credentials; load_credentials('env://BINANCE')",
    "verify": "from binance_creds import load_credentials\n"
    "load_credentials('env://BINANCE', verify=lambda creds: None)",
    "live": "from binance_creds import load_credentials; load_credentials('dotenv:.env', live=True)",
    "help": "from binance_creds.cli import main; main(['--help'])",
}
ENVIRON = {**os.environ, "BINANCE_API_KEY": "k1" * 32, "BINANCE_API_SECRET": "s2" * 32}


def seconds(code: str, folder: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", code], check=True, env=ENVIRON, cwd=folder,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, ".env")
        path.touch(0o600)
        path.write_text(f"BINANCE_API_KEY={'k1' * 32}\nBINANCE_API_SECRET={'s2' * 32}\n")
        rounds = [
            {name: seconds(code, folder) for name, code in PROGRAMS.items()} for _ in range(ROUNDS)
        ]
    bare = statistics.median(one["bare"] for one in rounds)
    print(f"bare start {bare * 1000:.1f} ms")
    for name in list(PROGRAMS)[1:]:
        ratio = statistics.median(one[name] / one["bare"] for one in rounds)
        print(f"{name} {ratio:.2f}x")


if __name__ == "__main__":
    main()
