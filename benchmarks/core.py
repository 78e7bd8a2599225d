"""The small things that every request pays for, against what they replace, side by side.

Budgets: a warm load 3 us; an HMAC signature 0.75 times `hmac.new().hexdigest()`; a cached
credential 800 bytes.
"""

from __future__ import annotations

import hmac
import secrets
import statistics
import timeit
import tracemalloc

from binance_creds import Credentials, load_credentials
from binance_creds.providers import memory

PAYLOAD = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&timestamp=1578963600000"
NUMBER, ROUNDS, MANY = 20_000, 9, 2_000


def microseconds(call) -> float:
    return statistics.median(timeit.repeat(call, number=NUMBER, repeat=ROUNDS)) / NUMBER * 1e6


def load(name: str) -> Credentials:
    return load_credentials(f"memory:{name}")


def bytes_each() -> float:
    """Hold the pairs outside the measure: whoever gives them to `memory` has them anyway."""
    for number in range(MANY):
        memory.register(
            f"many-{number}",
            {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)},
        )
    load("many-0")
    tracemalloc.start()
    kept = [load(f"many-{number}") for number in range(1, MANY)]
    size = sum(
        one.size
        for one in tracemalloc.take_snapshot().statistics("filename")
        if "binance_creds" in one.traceback[0].filename
    )
    tracemalloc.stop()
    return size / len(kept)


def main() -> None:
    secret = secrets.token_hex(32)
    memory.register("bench", {"api_key": secrets.token_hex(32), "api_secret": secret})
    creds, key = load("bench"), secret.encode()
    warm = microseconds(lambda: load_credentials("memory:bench"))
    ours = microseconds(lambda: creds.sign(PAYLOAD))
    theirs = microseconds(lambda: hmac.new(key, PAYLOAD, "sha256").hexdigest())
    print(f"warm load_credentials {warm:.2f} us")
    print(f"HMAC signature {ours:.2f} us against {theirs:.2f} us: {ours / theirs:.2f}x")
    print(f"a cached credential {bytes_each():.0f} bytes of this package's own")


if __name__ == "__main__":
    main()
