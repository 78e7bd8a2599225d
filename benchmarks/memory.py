"""What a thousand sub-accounts weigh: bytes for each cached credential.

Budget: 800 bytes of Python's for the credentials, 1,300 with the plan that they are cached under.
OpenSSL keeps the two half-done hashes of an HMAC signer on top, which only the process's own size
tells. The texts of key and secret are not counted: here `memory` has them anyway.
"""

from __future__ import annotations

import gc
import os
import secrets
import tracemalloc

from binance_creds import Credentials, clear_cache, load_credentials
from binance_creds._api._plans import _plan_of_text
from binance_creds.providers import memory

MANY = 4_000  # as many as the cache keeps
CREDENTIALS, CACHED = 800, 1_300  # bytes, the budget


def register(prefix: str) -> list[str]:
    names = [f"{prefix}-{number}" for number in range(MANY)]
    for name in names:
        pair = {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}
        memory.register(name, pair)
    return names


def load(names: list[str]) -> list[Credentials]:
    return [load_credentials(f"memory:{name}") for name in names]


def resident() -> int:
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def main() -> None:
    first, second = register("first"), register("second")
    load(first[:1])
    before = resident()
    kept = load(first)
    process = (resident() - before) / MANY
    del kept
    clear_cache()
    tracemalloc.start()
    kept = load(second)
    cached = traced() / MANY
    clear_cache()
    _plan_of_text.cache_clear()
    alone = traced() / len(kept)
    print(f"credentials {alone:.0f} bytes, cached {cached:.0f}; the process grew by {process:.0f}")
    if alone > CREDENTIALS or cached > CACHED:
        raise SystemExit("over the budget")


if __name__ == "__main__":
    main()
