"""Import plus first load from the environment, against a bare interpreter, side by side.

Budget: at most 3.5 times a bare start.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

BARE = "pass"
LOAD = "import binance_creds; binance_creds.load_credentials('env://BINANCE')"
ENVIRON = {**os.environ, "BINANCE_API_KEY": "k1" * 32, "BINANCE_API_SECRET": "s2" * 32}


def seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", code], check=True, env=ENVIRON)
    return time.perf_counter() - started


def main() -> None:
    pairs = [(seconds(BARE), seconds(LOAD)) for _ in range(40)]
    bare = statistics.median(pair[0] for pair in pairs)
    load = statistics.median(pair[1] for pair in pairs)
    print(
        f"bare {bare * 1000:.1f} ms, import and first load {load * 1000:.1f} ms: {load / bare:.2f}x"
    )


if __name__ == "__main__":
    main()
