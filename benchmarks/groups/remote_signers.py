"""What a signature costs whose key stays outside, beside its floor and a key in the process."""

from __future__ import annotations

import json
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.core import Bench, Case, Comparison, Several
from benchmarks.outside.places import Call, Place, places, signing
from binance_creds import Environment, Secret
from binance_creds._credentials import Credentials
from binance_creds._facts import Facts, FurtherFacts
from binance_creds.adapters import websockets
from binance_creds.signers import Ed25519Signer, KeyVersion
from binance_creds.signers._outside import OutsideSigner
from binance_creds.signers._public_key import key_version
from binance_creds.testing import FakeExchange

TITLE: Final = "Remote signers"
ABOUT: Final = (
    "One signature of an order's text by keys that stay outside: in OpenSSH's agent, in a token of"
    " SoftHSM, and on servers in processes of their own that answer as Vault's Transit engine, AWS"
    " KMS, Google Cloud KMS and Azure Key Vault are documented to. The floor of each is one"
    " operation of the place's own client, alone: one message and its answer over a connection that"
    " is there, `python-pkcs11`, hvac, boto3, Google's and Azure's libraries. Everything is on this"
    " machine and by the clock: of a network, whose milliseconds come on top, both pay the same. The"
    " servers are programs of Python, and bound what many threads reach. Then orders over the"
    " WebSocket API, to a local exchange."
)
MARKET: Final = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
OK = 200
SIGNATURES, ORDERS, THREADS = 30, 100, 8
LOCAL: Final = "binance-creds, key in the process"
FIGURES: Final = (
    ("half take at most", "us", "p50"),
    ("signatures a second", "a second", "a second"),
)


def comparisons(bench: Bench) -> Iterator[Comparison]:
    known = list(places(bench))
    for threads in (1, THREADS):
        once = timed(known, bench.number(SIGNATURES // threads + 3), threads)
        for title, unit, figure in FIGURES:
            yield Comparison(
                f"{threads} thread{'s' * (threads > 1)}: {title}",
                unit,
                [
                    Case(row, lambda one=one, figure=figure: one.figure(figure), beside=beside)
                    for row, beside, one in once
                ],
                to="its floor",
            )
    if bench.has("a logged-on session", "websockets"):
        yield orders(bench)


def timed(known: list[Place], number: int, threads: int) -> list[tuple[str, str, Several]]:
    """Return each row, the row it is beside, and what measures it once a round for all tables."""
    rows: list[tuple[str, str, Call]] = []
    for kind, call in local().items():
        rows.append((f"{LOCAL}, {kind}", f"{LOCAL}, {kind}", call))
    for place in known:
        floor = f"{place.name}, the floor"
        rows += [(f"binance-creds, {place.name}", floor, place.ours), (floor, floor, place.alone)]
    return [
        (row, beside, Several(lambda call=call: latencies(call, number, threads)))
        for row, beside, call in rows
    ]


def latencies(call: Call, number: int, threads: int) -> Mapping[str, float]:
    """Time calls by the clock, by so many threads at once; the first call of each does not count."""
    taken: list[float] = []
    ready = threading.Barrier(threads, timeout=60)
    began = []

    def work() -> None:
        call()
        ready.wait()
        began.append(time.perf_counter())
        for _ in range(number):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
    took = time.perf_counter() - min(began)
    return {"p50": statistics.median(taken) * 1e6, "a second": threads * number / took}


def local() -> dict[str, Call]:
    forms = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    keys = {
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "RSA-2048": rsa.generate_private_key(65537, 2048),
    }
    return {
        kind: signing(f"local-{kind}", private_key=key.private_bytes(*forms).decode())
        for kind, key in keys.items()
    }


def orders(bench: Bench) -> Comparison:
    exchange = bench.stack.enter_context(FakeExchange())
    cases = [
        Case(name, clocked(order(bench, exchange, pause), bench.number(ORDERS)))
        for name, pause in ((LOCAL, 0), ("binance-creds, a key that takes 100 ms", 0.1))
    ]
    note = "A local key signs each order; the slow one has signed the logon, and signs no more."
    return Comparison("An order over a logged-on session", "us", cases, LOCAL, note)


def order(bench: Bench, exchange: FakeExchange, pause: float) -> Callable[[], object]:
    """Return what places an order on a session that is logged on."""
    key = SlowKey(pause)
    name = secrets.token_hex(32)
    exchange.keys.register_public_key(name, str(key.describe().public_key_pem))
    further = FurtherFacts(signed_by="slow:key" if pause else None)
    facts = Facts(Environment.LIVE, "memory:slow", 0.0, further=further)
    signer = OutsideSigner(key, key.describe(), "slow:key", timeout_seconds=5)
    creds = Credentials(Secret(name), signer if pause else Ed25519Signer(key.private), facts)
    url = f"{exchange.ws_url}/ws-api/v3"
    connection = bench.stack.enter_context(websockets.client(creds, url))

    def ask(method: str, params: dict[str, str]) -> None:
        connection.send(json.dumps({"id": 1, "method": method, "params": params}))
        if json.loads(connection.recv())["status"] != OK:
            raise RuntimeError(method)

    ask("session.logon", {})
    return lambda: ask("order.place", MARKET)


class SlowKey:
    """A key whose place takes its time."""

    is_pinned = True

    def __init__(self, pause: float) -> None:
        self._pause, self.private = pause, ed25519.Ed25519PrivateKey.generate()

    def describe(self, deadline: object = None) -> KeyVersion:
        return key_version(self.private.public_key())

    def sign(self, payload: bytes, *_: object) -> bytes:
        time.sleep(self._pause)
        return self.private.sign(payload)

    def close(self) -> None:
        pass


def clocked(call: Callable[[], object], number: int) -> Callable[[], float]:
    """Return a function that measures one of many calls, in microseconds by the clock."""

    def measure() -> float:
        began = time.perf_counter()
        for _ in range(number):
            call()
        return (time.perf_counter() - began) / number * 1e6

    call()
    return measure
