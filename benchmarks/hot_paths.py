"""The program that `benchmarks/instructions.py` runs under callgrind: hot paths, and reference loops.

Each is called N times, then 2N times. `os.getppid` marks the sections: callgrind writes what it has
counted when that C function is entered. What start-up and the first calls cost counts nowhere.

With `--a-tenth-more` each hot path is called a tenth more often than is said, so that it seems to
take as many more instructions.
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FIRST_CALLS: Final = 20
A_TENTH_MORE: Final = "--a-tenth-more"
PAYLOAD: Final = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&timestamp=1578963600000"
ORDER: Final = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT",
    "timeInForce": "GTC", "quantity": "0.1", "price": "60000",
}  # fmt: skip
ORDER_URL: Final = "https://api.binance.com/api/v3/order"


@dataclass(frozen=True)
class HotPath:
    """A call, how often it is made, and the reference loop that it is compared with."""

    name: str
    number: int
    reference: str = "plain"


REFERENCES: Final = (HotPath("plain", 200), HotPath("hmac.new", 100))
HOT_PATHS: Final = (
    HotPath("live.current", 1000),
    HotPath("warm load", 200),
    HotPath("warm load without arguments", 30),
    HotPath("HMAC signature", 200, "hmac.new"),
    HotPath("sign_request", 50),
    HotPath("parse of a .env", 50),
    HotPath("cold load of a .env", 10),
)


class Named:
    """Has what code is made of: a slot, a property, a method with a keyword."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def joined(self, value: object, *, sign: str = "=") -> str:
        if isinstance(value, bool):
            return self._name
        return f"{self.name}{sign}{value}"


def plain() -> bytes:
    """Do what these paths do: calls, attributes, a dictionary, text, a digest of OpenSSL."""
    found: dict[str, str] = {}
    for key in ("symbol", "side", "type", "quantity"):
        one = Named(key)
        if key not in found:
            found[one.name] = one.joined(len(found), sign="=")
    return hashlib.sha256("&".join(found.values()).encode()).digest()


def calls(folder: str) -> dict[str, Callable[[], object]]:
    """Return what each name stands for; the folder becomes the working directory."""
    from binance_creds import load_credentials
    from binance_creds._parse._dotenv_plain import plain_variables
    from binance_creds.adapters.plain import sign_request
    from binance_creds.providers import memory

    os.chdir(folder)
    path = Path(".env")
    path.touch(0o600)
    text = f"# of a bot\nBINANCE_API_KEY={'k1' * 32}\nBINANCE_API_SECRET={'s2' * 32}\n".encode()
    path.write_bytes(text)
    os.utime(path, (1e9, 1e9))  # what has just been written is read again
    secret = ("s2" * 32).encode()
    memory.register("bot", {"api_key": "k1" * 32, "api_secret": "s2" * 32})
    live = load_credentials("memory:bot", live=True)  # no thread of it looks at files meanwhile
    creds = live.current
    return {
        "plain": plain,
        "hmac.new": lambda: hmac.new(secret, PAYLOAD, hashlib.sha256).hexdigest(),
        "live.current": lambda: live.current,
        "warm load": lambda: load_credentials("dotenv:.env"),
        "warm load without arguments": load_credentials,
        "HMAC signature": lambda: creds.sign(PAYLOAD),
        "sign_request": lambda: sign_request(creds, "POST", ORDER_URL, ORDER),
        "parse of a .env": lambda: plain_variables(text),
        "cold load of a .env": lambda: load_credentials("dotenv:.env", fresh=True),
    }


def repeat(call: Callable[[], object], number: int) -> None:
    for _ in range(number):
        call()


def main() -> None:
    folder = tempfile.mkdtemp(dir="/tmp")  # a fixed depth: every folder on the way is checked
    try:
        known = calls(folder)
        gc.disable()  # when it runs depends on all that was made before
        for path in (*REFERENCES, *HOT_PATHS):
            call, number = known[path.name], path.number
            if A_TENTH_MORE in sys.argv and path in HOT_PATHS:
                number = number * 11 // 10
            repeat(call, FIRST_CALLS)
            os.getppid()
            repeat(call, number)
            os.getppid()
            repeat(call, 2 * number)
            os.getppid()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
