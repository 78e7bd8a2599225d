"""What a signature and a whole signed request cost, alone and inside the clients."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from benchmarks import sending
from benchmarks.core import Bench, Case, Comparison, repeated
from benchmarks.loopback import answering
from binance_creds import load_credentials
from binance_creds.adapters.plain import sign_request
from binance_creds.providers import memory

TITLE: Final = "Signing"
ABOUT: Final = (
    "First the signature of an order's text; then a whole signed request as far as the HTTP library"
    " that sends it, in clients whose session is replaced by one that answers at once; then orders to"
    " a server on this machine that answers at once, each beside the same client without us:"
    " requests, httpx and aiohttp alone are signed by `urlencode` and `hmac`, python-binance, ccxt"
    " and the official SDK by themselves. Processor time, except where a title says by the clock."
)
PAYLOAD: Final = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&timestamp=1578963600000"
ORDER: Final = sending.ORDER
URL: Final = "https://api.binance.com/api/v3/order"
OFTEN, SELDOM, REQUESTS = 2_000, 50, 150
PADS: Final = tuple(bytes(byte ^ pad for byte in range(256)) for pad in (0x5C, 0x36))  # RFC 2104
# python-binance and binance-connector both install `binance`, so one of them needs another Python.
CONNECTOR: Final = Path(".tox/clients-connector-newest/bin/python")
CONNECTOR_PROGRAM: Final = f"""
import sys, time
from types import SimpleNamespace
from binance.spot import Spot
spot = Spot("k" * 64, "s" * 64)
answer = SimpleNamespace(status_code=200, text="{{}}", json=dict, headers={{}})
methods = ("get", "post", "put", "delete")
spot.session = SimpleNamespace(**{{name: lambda **_: answer for name in methods}})
spot.new_order(**{ORDER!r})
for line in sys.stdin:
    began = time.process_time()
    for _ in range(int(line)):
        spot.new_order(**{ORDER!r})
    print((time.process_time() - began) / int(line) * 1e6, flush=True)
"""


@dataclass(frozen=True)
class Keys:
    """A key of each kind, with our credentials of it."""

    secret: str
    pems: dict[str, str]

    @classmethod
    def made(cls) -> Keys:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

        forms = (
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made = {
            "Ed25519": ed25519.Ed25519PrivateKey.generate(),
            "RSA-2048": rsa.generate_private_key(65537, 2048),
        }
        pems = {name: key.private_bytes(*forms).decode() for name, key in made.items()}
        return cls(secrets.token_hex(32), pems)

    def credentials(self, kind: str):
        field = {"private_key": self.pems[kind]} if kind in self.pems else {}
        fields = {"api_key": "k1" * 32, **(field or {"api_secret": self.secret})}
        memory.register(f"signing-{kind}", fields)
        return load_credentials(f"memory:signing-{kind}")


def comparisons(bench: Bench) -> Iterator[Comparison]:
    keys = Keys.made()
    yield hmac_signature(bench, keys)
    for kind in keys.pems:
        yield key_signature(bench, keys, kind)
    yield whole_request(bench, keys)
    url = answering(bench.stack)
    creds = keys.credentials("HMAC")
    for title, alone, ours in sending.pairs(bench, creds, keys.secret, url):
        yield Comparison(
            f"A request by {title}, over loopback",
            "us",
            [
                Case(f"{title} alone", repeated(alone, bench.number(REQUESTS))),
                Case(
                    "binance-creds, its adapter",
                    repeated(ours, bench.number(REQUESTS)),
                    why=sending.WHY,
                ),
            ],
        )
    yield from sending.orders(bench, creds, keys.secret, url)


def hmac_signature(bench: Bench, keys: Keys) -> Comparison:
    creds, secret, often = keys.credentials("HMAC"), keys.secret.encode(), bench.number(OFTEN)
    outer, inner = (hashlib.sha256(secret.ljust(64, b"\0").translate(pad)) for pad in PADS)

    def floor() -> str:
        first, last = inner.copy(), outer.copy()
        first.update(PAYLOAD)
        last.update(first.digest())
        return last.hexdigest()

    calls = {
        "binance-creds, HMAC": lambda: creds.sign(PAYLOAD),
        "hmac.new": lambda: hmac.new(secret, PAYLOAD, hashlib.sha256).hexdigest(),
        "hmac.digest": lambda: hmac.digest(secret, PAYLOAD, "sha256").hex(),
        "copies of keyed hashes, the floor": floor,
    }
    if bench.has("python-binance", "binance.client"):
        client, text = python_binance(keys.secret), PAYLOAD.decode()
        calls["python-binance"] = lambda: client._hmac_signature(text)
    return Comparison("HMAC signature", "us", rows(calls, often), base="hmac.new")


def key_signature(bench: Bench, keys: Keys, kind: str) -> Comparison:
    import base64

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    creds, pem = keys.credentials(kind), keys.pems[kind]
    key = load_pem_private_key(pem.encode(), None)
    form = (padding.PKCS1v15(), hashes.SHA256()) if kind != "Ed25519" else ()
    calls = {
        f"binance-creds, {kind}": lambda: creds.sign(PAYLOAD),
        "cryptography, the floor": lambda: base64.b64encode(key.sign(PAYLOAD, *form)),
    }
    if bench.has("python-binance", "binance.client"):
        client, text = python_binance(None, pem), PAYLOAD.decode()
        name = "_ed25519_signature" if kind == "Ed25519" else "_rsa_signature"
        calls["python-binance"] = lambda: getattr(client, name)(text)
    if bench.has("ccxt", "ccxt"):
        from ccxt import Exchange

        calls["ccxt"] = (
            (lambda: Exchange.eddsa(PAYLOAD, pem.encode()))
            if kind == "Ed25519"
            else (lambda: Exchange.rsa(PAYLOAD.decode(), pem))
        )
    return Comparison(
        f"{kind} signature", "us", rows(calls, bench.number(SELDOM)), base="cryptography, the floor"
    )


def whole_request(bench: Bench, keys: Keys) -> Comparison:
    creds, secret = keys.credentials("HMAC"), keys.secret.encode()
    calls: dict[str, Callable[[], object]] = {
        "binance-creds, sign_request": lambda: sign_request(creds, "POST", URL, ORDER),
        "urlencode and hmac by hand": lambda: sending.by_hand(URL, ORDER, secret),
        "the floor": lambda: floor(secret),
    }
    if bench.has("python-binance", "binance.client"):
        client = python_binance(keys.secret)
        client.session = SimpleNamespace(post=lambda *_, **__: ANSWER, close=lambda: None)
        calls["python-binance"] = lambda: client.create_order(**ORDER)
    if bench.has("ccxt", "ccxt"):
        import ccxt

        exchange = ccxt.binance({"apiKey": "k", "secret": keys.secret})
        calls["ccxt"] = lambda: exchange.sign("order", ["private"], "POST", ORDER)
    if bench.has("binance-common", "binance_common"):
        calls["binance-common"] = binance_common(keys.secret)
    cases = rows(calls, bench.number(OFTEN // 10))
    cases += connector(bench)
    note = "The floor is one f-string, one `hmac.digest` and one dictionary, for fixed parameters."
    return Comparison("A whole signed order, not sent", "us", cases, "python-binance", note)


ANSWER: Final = SimpleNamespace(
    status_code=200, text="{}", content=b"{}", json=dict, headers={}, cookies={}
)


def floor(secret: bytes) -> tuple[str, dict[str, str]]:
    query = (
        f"symbol={ORDER['symbol']}&side={ORDER['side']}&type={ORDER['type']}&timeInForce=GTC"
        f"&quantity={ORDER['quantity']}&price={ORDER['price']}&recvWindow=5000"
        f"&timestamp={time.time_ns() // 1_000_000}"
    )
    signature = hmac.digest(secret, query.encode(), "sha256").hex()
    return f"{URL}?{query}&signature={signature}", {"X-MBX-APIKEY": "k"}


def python_binance(secret: str | None, pem: str | None = None):
    from binance.client import Client

    return Client("k", secret, private_key=pem, ping=False)


def binance_common(secret: str) -> Callable[[], object]:
    from binance_common.configuration import ConfigurationRestAPI
    from binance_common.utils import send_request

    configuration = ConfigurationRestAPI(api_key="k", api_secret=secret)
    configuration.base_path = "https://api.binance.com"
    session = SimpleNamespace(request=lambda **_: ANSWER)
    return lambda: send_request(
        session, configuration, "POST", "/api/v3/order", dict(ORDER), is_signed=True
    )


def connector(bench: Bench) -> list[Case]:
    """Return the case of binance-connector, in the Python that tox or a variable gives it."""
    python = os.environ.get("BENCH_CONNECTOR", str(CONNECTOR))
    if not Path(python).exists():
        bench.left_out.append(f"binance-connector: there is no {python}, which tox makes")
        return []
    child = subprocess.Popen(
        [python, "-c", CONNECTOR_PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    bench.stack.enter_context(child)
    bench.stack.callback(child.kill)
    often = bench.number(OFTEN // 10)

    def measure() -> float:
        print(often, file=child.stdin, flush=True)
        return float(child.stdout.readline())

    return [Case("binance-connector", measure)]


def rows(calls: dict[str, Callable[[], object]], often: int) -> list[Case]:
    return [Case(name, repeated(call, often)) for name, call in calls.items()]
