"""What redaction costs: a line of 200 characters, a megabyte of each kind, and a whole log record.

The process knows 1,000 secrets. Processor time, the best of several runs; the ratio is that to a
pass of `bytes.lower` and `bytes.translate` over the same text, measured in the same moment.
"""

from __future__ import annotations

import base64
import logging
import random
import secrets
import string
import timeit
from time import process_time

from binance_creds import load_credentials
from binance_creds.providers import memory
from binance_creds.redact import install_redaction, redacted

PAIRS = 500
LENGTH = 1_000_000
TABLE = bytes(range(256))
LETTERS = string.ascii_letters + string.digits


def loaded(number: int):
    fields = {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}
    memory.register(f"bench{number}", fields)
    return load_credentials(f"memory:bench{number}"), fields


def megabytes(known: list[str]) -> dict[str, str]:
    rng = random.Random(1)  # the same text each time
    base64_lines = base64.encodebytes(rng.randbytes(LENGTH * 3 // 4)).decode()
    tokens = "\n".join("".join(rng.choices(LETTERS, k=70)) for _ in range(LENGTH // 71))
    pieces = {
        "words": "the quick brown fox, ", "A": "A", "slashes": "a/", "backslashes": "secret\\",
        "signatures": f"signature={'a1' * 32}&", "short names": "signature= ",
        "BEGIN lines": "-----BEGIN\n", "BEGIN of keys": "-----BEGIN PRIVATE KEY-----\n",
        "END of keys": "-----END PRIVATE KEY-----\n",
        "cut keys": "-----BEGIN PRIVATE KEY-----\nabcd.", "listen keys": f"/ws/{'a1' * 30} ",
        "passphrases": "passphrase=abcd ", "hex of 64": f"{'a1' * 32} ",
    }  # fmt: skip
    return {
        **{name: piece * (LENGTH // len(piece)) for name, piece in pieces.items()},
        "known secrets": (" ".join(known) * (LENGTH // 60_000))[:LENGTH],
        "known, glued": ("".join(known) * (LENGTH // 60_000))[:LENGTH],
        "known, K before": (" ".join("K" + one for one in known) * (LENGTH // 60_000))[:LENGTH],
        "base64 in lines": base64_lines[:LENGTH],
        "base64 in JSON": base64_lines.replace("\n", "\\n")[:LENGTH],
        "base64": base64_lines.replace("\n", "")[:LENGTH],
        "tokens of 70": tokens,
        "paths": "/".join([tokens[:70]] * (LENGTH // 71)),
    }


def seconds(call, number: int = 1) -> float:
    return min(timeit.repeat(call, number=number, repeat=5, timer=process_time)) / number


def record_seconds() -> float:
    logger = logging.Logger("bench")  # noqa: LOG001  # outside the tree: nobody else is asked
    handler = logging.Handler()
    handler.emit = handler.format  # type: ignore[method-assign]
    logger.addHandler(handler)
    url = "https://api.binance.com/api/v3/order?symbol=BTCUSDT&timestamp=1578963600000&side=BUY"
    return seconds(lambda: logger.info("%s %s answered %d in %.3f s", "GET", url, 200, 0.1), 2_000)


def main() -> None:
    kept = [loaded(number) for number in range(PAIRS)]
    known = [value for _, fields in kept for value in fields.values()]
    line = ("2026-11-26 12:00:00 INFO bot.orders order 123456 placed, symbol BTCUSDT, " * 3)[:200]
    print(f"a line of 200 characters: {seconds(lambda: redacted(line), 5_000) * 1e6:.1f} us")
    signed = line[:120] + " signature=" + known[0]
    print(f"one with a signature:     {seconds(lambda: redacted(signed), 5_000) * 1e6:.1f} us")
    plain = record_seconds()
    undo = install_redaction()
    print(f"a record: {plain * 1e6:.1f} us, redacted {record_seconds() * 1e6:.1f} us")
    undo()
    for name, text in megabytes(known).items():
        raw = text.encode()
        yardstick = seconds(lambda raw=raw: (raw.lower(), raw.translate(TABLE)))
        taken = seconds(lambda text=text: redacted(text))
        print(f"1 MB of {name + ':':18} {taken * 1e3:6.1f} ms, ratio {taken / yardstick:5.0f}")


if __name__ == "__main__":
    main()
