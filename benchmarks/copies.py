"""How many copies of a secret are in the memory of a program, counted from another process.

Whole occurrences in all writable memory, freed memory included; of a PEM, its base64 body. Beside
it python-dotenv with python-binance, and what the environment alone keeps.

    python benchmarks/copies.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from outside import STOP, Kept, why_not

from binance_creds import KeyType
from binance_creds.testing import FakeExchange

SIGN = "for n in range(1000): creds.sign(b'%d' % n)"
LOAD = f"""
creds = load_credentials(source)
{STOP}
{SIGN}
{STOP}
creds = creds.sealed(); clear_cache()
"""
FRESH = "for n in range(200): creds = load_credentials(source, fresh=True)"
LIVE = f"""
live = load_credentials(source, live=True)
{STOP}
for n in range(20): live.refresh()
{STOP}
for n in range(1000): live.sign(b'%d' % n)
"""
PEER = f"""
import dotenv, binance
found = dotenv.dotenv_values(".env")
secret = found.get("BINANCE_API_SECRET")
client = binance.Client(
    found["BINANCE_API_KEY"], secret, private_key=found.get("BINANCE_PRIVATE_KEY"), ping=False
)
{STOP}
for n in range(1000): client._generate_signature({{"n": str(n)}})
"""
SOURCES = ("env://BINANCE", "dotenv:.env", "file:pair", "file:pair.json")
ROW = "{:<34} {:>12} {:>12} {:>12}"


def rows(kept: Kept) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = [("environment alone", *kept.counts("env:", ""))]
    for source in SOURCES:
        found += [
            (source, *kept.counts(source, LOAD)),
            (f"{source}, 200 fresh loads", *kept.counts(source, FRESH)),
            (f"{source}, live", *kept.counts(source, LIVE)),
        ]
    return [*found, ("python-dotenv and python-binance", *kept.counts(".env", PEER))]


def main() -> None:
    if reason := why_not():
        raise SystemExit(reason)
    for key_type in KeyType:
        issued = FakeExchange().issue(key_type)
        secret = issued.api_secret or issued.private_key_pem
        print(f"\n{key_type.value}")
        print(ROW.format("", "loaded", "1,000 signed", "sealed"))
        print(ROW.format("(live)", "loaded", "20 refreshes", "1,000 signed"))
        with tempfile.TemporaryDirectory() as folder:
            for row in rows(Kept(Path(folder), issued.api_key, secret)):
                print(ROW.format(*row, *[""] * (4 - len(row))))


if __name__ == "__main__":
    main()
