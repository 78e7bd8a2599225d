"""No part of a key that stays outside is in the memory of the program that trades with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from key_stores import STORES
from key_stores.store import Kept, new_private, private_pem
from outside import STOP, stopped, why_not
from support import token

import binance_creds
from binance_creds import KeyType

REASON = why_not()
pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.real_server,
    pytest.mark.skipif(bool(REASON), reason=REASON),
]
ORDERS = 5
PROGRAM = """
from binance_creds import load_credentials
from binance_creds.adapters import requests
with requests.client(load_credentials("env://BINANCE")) as session:
    for number in range({orders}):
        order = {{"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}}
        session.post("{url}/api/v3/order", data=order).raise_for_status()
    {stop}
"""


def parts_of(private) -> list[bytes | str]:
    """Return what is searched for: the seed; both primes and the exponent; the secret of HMAC."""
    if isinstance(private, str):
        return [private]
    if isinstance(private, Ed25519PrivateKey):
        return [private.private_bytes_raw()]
    numbers = private.private_numbers()
    return [one.to_bytes((one.bit_length() + 7) // 8) for one in (numbers.p, numbers.q, numbers.d)]


def counted(exchange, key: Kept, prelude: str = "", **environ: str) -> list[int]:
    """Return how often each part of a key is in a program that has traded."""
    environ |= {
        "BINANCE_API_KEY": token(),
        "PYTHONPATH": str(Path(binance_creds.__file__).parents[1]),
    }
    key.register(exchange, environ["BINANCE_API_KEY"])
    program = PROGRAM.format(orders=ORDERS, url=exchange.url, stop=STOP)
    with stopped(f"{prelude}\n{program}", environ) as stops:
        count = next(stops)
        found = [count(part) for part in parts_of(key.private)]
    assert sum(request.is_placed for request in exchange.requests) == ORDERS
    assert exchange.rejected() == []
    return found


EACH = [  # all kinds of keys in all stores; a run has one of each store
    pytest.param(
        store,
        kind,
        id=f"{store.scheme}-{kind.value}",
        marks=() if kind is store.elsewhere[0] else pytest.mark.product,
    )
    for store in STORES
    for kind in store.elsewhere
]


@pytest.mark.parametrize(("key_store", "kind"), EACH, indirect=["key_store"])
def test_no_part_of_a_key_outside_is_in_the_program(exchange, key_store, kind) -> None:
    key = key_store.make(kind)
    environ = key_store.environ | {"BINANCE_SIGNER": key.signer}
    assert set(counted(exchange, key, key_store.prelude, **environ)) == {0}


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.RSA, KeyType.HMAC])
def test_the_search_finds_a_key_that_is_in_the_program(exchange, kind) -> None:
    key = Kept("", new_private(kind), "")
    is_secret = kind is KeyType.HMAC
    name = "BINANCE_API_SECRET" if is_secret else "BINANCE_PRIVATE_KEY"
    text = key.private if is_secret else private_pem(key.private).decode()
    assert min(counted(exchange, key, **{name: text})) > 0
