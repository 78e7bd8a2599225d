"""The main job, end to end, on this machine alone: load a key, sign, trade, show nothing.

Run it with `make demo`. It starts a local exchange that checks signatures as Binance documents,
and lets a real python-binance client trade on it with keys from a `.env`, from a mounted directory
and, where there is one, from the OS keychain.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from binance_creds import (
    Credentials,
    CredentialsError,
    Environment,
    KeyType,
    Secret,
    SourceURI,
    load_credentials,
)
from binance_creds.adapters import python_binance
from binance_creds.testing import FakeExchange, IssuedKey, assert_no_leak

TESTNET = Environment.TESTNET  # what the local exchange stands for; no live key is made or shown


def main() -> int:
    with FakeExchange(TESTNET) as exchange, tempfile.TemporaryDirectory() as folder:
        print(
            f"The exchange is FakeExchange, a testnet of this package at {exchange.url}.\n"
            "It refuses wrong keys, signatures and clocks; nothing leaves this machine.\n"
        )
        from_dotenv(exchange, Path(folder))
        from_directory(exchange, Path(folder) / "secrets")
        from_keychain(exchange)
        through_a_rotation(exchange, Path(folder) / "rotated")
        refused = exchange.rejected()
        print(f"It answered {len(exchange.requests)} requests, and refused {len(refused)}.")
        mixed = exchange.mixed()
        print(f"Requests that named one key and were signed with another: {len(mixed)}.")
        return 1 if refused or mixed else 0


def from_dotenv(exchange: FakeExchange, folder: Path) -> None:
    print("1. A .env file with an HMAC key")
    key = exchange.issue(KeyType.HMAC)
    path = folder / ".env"
    path.touch(mode=0o600)
    path.write_text(f"BINANCE_API_KEY={key.api_key}\nBINANCE_API_SECRET={key.api_secret}\n")
    creds = load_credentials(f"dotenv:{path}", environment=TESTNET)
    print("   what a program prints shows the fingerprint of the key, and no secret:")
    print(f"   print(creds)            -> {creds}")
    print(f"   print(creds.api_secret) -> {creds.api_secret}")
    trade(exchange, creds)
    print("   where the key came from, by creds.explain():")
    print("      " + str(creds.explain()).replace("\n", "\n      ") + "\n")


def from_directory(exchange: FakeExchange, folder: Path) -> None:
    print("2. A directory as Docker and Kubernetes mount it, with an Ed25519 key")
    key = exchange.issue(KeyType.ED25519)
    folder.mkdir(mode=0o700)
    for name, text in (("api_key", key.api_key), ("private_key", key.private_key_pem)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    trade(exchange, load_credentials(f"file:{folder}", environment=TESTNET))
    print()


def from_keychain(exchange: FakeExchange) -> None:
    print("3. The OS keychain")
    source = f"keyring://binance-creds-demo/{os.getpid()}"
    key = exchange.issue(KeyType.HMAC)
    try:
        store(source, key)
    except CredentialsError as error:
        print(f"   skipped, because {error.message}\n")
        return
    try:
        trade(exchange, load_credentials(source, environment=TESTNET))
    finally:
        forget(source)
    print()


def store(source: str, key: IssuedKey) -> None:
    from binance_creds.providers import Deadline
    from binance_creds.providers.keychain.keyring import KeyringProvider

    fields = {name: Secret(text) for name, text in key.fields().items()}
    KeyringProvider(SourceURI.parse(source)).store(fields, Deadline(5))


def forget(source: str) -> None:
    import keyring

    service, _, account = SourceURI.parse(source).location.partition("/")
    keyring.delete_password(service, account)


def through_a_rotation(exchange: FakeExchange, folder: Path) -> None:
    print("4. A rotation under a running client")
    old, new = exchange.issue(KeyType.HMAC), exchange.issue(KeyType.ED25519)
    folder.mkdir(mode=0o700)
    write(folder / "pair.json", old)
    source = f"file:{folder}/pair.json"
    with load_credentials(source, environment=TESTNET, live=True) as live:
        client = python_binance.client(live, base_url=exchange.url)
        client.get_account()
        before = live.current
        write(folder / "pair.json", new)
        began = time.monotonic()
        while live.current is before and time.monotonic() < began + 10:
            time.sleep(0.001)
        print(
            f"   the file was replaced; noticed after {(time.monotonic() - began) * 1000:.0f} ms: {live.status()}"
        )
        exchange.keys.revoke(old.api_key)
        client.get_account()
        print("   the old key is revoked, and the same client goes on: it signs with the new one")
    print()


def write(path: Path, key: IssuedKey) -> None:
    """Replace a file in one step, so that nobody reads half of it."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(key.fields()))
    os.replace(new, path)


def trade(exchange: FakeExchange, creds: Credentials) -> None:
    """Let a real python-binance client sign with the credentials."""
    client = python_binance.client(creds, base_url=exchange.url)
    balances = {b["asset"]: b["free"] for b in client.get_account()["balances"]}
    print(f"   key and signature are right: python-binance fetched the account, {balances}")
    client.create_test_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=1)
    print("   the key may trade: a test order was accepted")
    kept = creds.api_secret or creds.private_key_pem
    assert kept is not None
    assert_no_leak(kept.reveal(), vars(client), vars(client.session))
    print("   the secret is not in the client: neither vars(client) nor its session has it")


if __name__ == "__main__":
    sys.exit(main())
