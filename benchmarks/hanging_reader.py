"""What a reader waits for `live.current` and a signature while its source hangs.

Budget: at most 1 ms in 99 of 100 reads.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time

from binance_creds import load_credentials
from binance_creds.errors import CredentialsError

READS = 200_000


def refresh(live) -> None:
    try:
        live.refresh()
    except CredentialsError:
        return  # the pipe never gives anything


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pair.json")
        with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write('{"api_key": "%s", "api_secret": "%s"}' % ("k1" * 32, "s2" * 32))
        with load_credentials(f"file:{path}?pipe=true", live=True, timeout_seconds=5) as live:
            os.unlink(path)
            os.mkfifo(path, 0o600)  # nobody writes into it: a read ends with its deadline
            threading.Thread(target=refresh, args=(live,), daemon=True).start()
            while live.status().state.value != "refreshing":
                time.sleep(0.001)
            taken = []
            for _ in range(READS):
                began = time.perf_counter()
                live.current.sign(b"timestamp=1")
                taken.append(time.perf_counter() - began)
            state = live.status().state.value
    taken.sort()
    p50, p99 = (taken[int(READS * share)] * 1e6 for share in (0.5, 0.99))
    print(f"while {state}: p50 {p50:.1f} us, p99 {p99:.1f} us, longest {taken[-1] * 1e6:.0f} us")


if __name__ == "__main__":
    main()
