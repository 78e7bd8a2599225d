"""The small things that every request pays for, against what they replace, side by side.

Budgets: a warm load 3 us; an HMAC signature 0.75 times `hmac.new().hexdigest()`.
"""

from __future__ import annotations

import hmac
import secrets
import statistics
import timeit

from binance_creds import load_credentials
from binance_creds.providers import memory

PAYLOAD = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&timestamp=1578963600000"
NUMBER, ROUNDS = 20_000, 9


def microseconds(call) -> float:
    return statistics.median(timeit.repeat(call, number=NUMBER, repeat=ROUNDS)) / NUMBER * 1e6


def main() -> None:
    secret = secrets.token_hex(32)
    memory.register("bench", {"api_key": secrets.token_hex(32), "api_secret": secret})
    creds, key = load_credentials("memory:bench"), secret.encode()
    warm = microseconds(lambda: load_credentials("memory:bench"))
    ours = microseconds(lambda: creds.sign(PAYLOAD))
    theirs = microseconds(lambda: hmac.new(key, PAYLOAD, "sha256").hexdigest())
    print(f"warm load_credentials {warm:.2f} us")
    print(f"HMAC signature {ours:.2f} us against {theirs:.2f} us: {ours / theirs:.2f}x")


if __name__ == "__main__":
    main()
