"""A bot that never stops signing, and whose key is rotated under it, from every kind of store.

The exchange checks each request. What is asserted is what the bot's owner cares about: nothing is
rejected, no key is ever joined to another's signature, and the hook is called once.
"""

from __future__ import annotations

import json
import os
import random
import threading
from pathlib import Path

import pytest
import requests
from fault_proxy import answer, hang, status, truncated
from shops import SHOPS
from support import token
from waiting import PATIENCE, wait_for

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.adapters.requests import BinanceAuth
from binance_creds.errors import VerificationError
from binance_creds.live import Kind
from binance_creds.testing import FakeExchange, IssuedKey

pytestmark = pytest.mark.unmeasured

STORES = (*SHOPS, "dotenv", "file", "directory")
LOOK = RefreshPolicy(poll=0.1, jitter=0.0, overlap="1h")
ODD = status(200, b'{"odd": 1}')
PAUSE_SECONDS = 0.005  # between two requests of a thread
HANGS_SECONDS = 1.5  # how long a store that hangs is waited for; others answer, at last


class File:
    """A pair in one JSON file."""

    proxy = None
    scheme = "file"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o700)

    def source(self, name: str) -> str:
        return f"{self.scheme}:{self.folder / name}"

    def put(self, name: str, fields: dict[str, str]) -> None:
        self.put_text(name, json.dumps(fields))

    def put_text(self, name: str, text: str) -> None:
        target = self.folder / name
        new = target.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(text)
        os.replace(new, target)


class DotEnv(File):
    """A pair in an env file."""

    scheme = "dotenv"

    def put(self, name: str, fields: dict[str, str]) -> None:
        lines = (f"BINANCE_{field.upper()}={text}\n" for field, text in fields.items())
        self.put_text(name, "".join(lines))


class Directory(File):
    """A pair in a directory as kubelet writes it."""

    def put(self, name: str, fields: dict[str, str]) -> None:
        self._swap(self.folder / name, fields)

    def put_text(self, name: str, text: str) -> None:
        self._swap(self.folder / name, {"api_key": text})

    def _swap(self, target: Path, fields: dict[str, str]) -> None:
        """Write a generation, and let the link move: AtomicWriter of kubelet."""
        generation = target / f"..{token()[:8]}"
        generation.mkdir(parents=True, mode=0o700)
        for name, text in fields.items():
            (generation / name).touch(mode=0o600)
            (generation / name).write_text(text)
            if not (target / name).is_symlink():
                (target / name).symlink_to(f"..data/{name}")
        (target / "..new").symlink_to(generation.name)
        os.replace(target / "..new", target / "..data")


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    if request.param in SHOPS:
        return request.getfixturevalue("open_shop")(request.param)
    request.getfixturevalue("machine")
    return {"dotenv": DotEnv, "file": File, "directory": Directory}[request.param](tmp_path)


class Bot:
    """Four threads that sign one request after another, each through the same live handle."""

    def __init__(self, live, exchange: FakeExchange) -> None:
        self.live, self.exchange = live, exchange
        self._stop = threading.Event()
        self._answered = [0] * 4
        self._threads = [threading.Thread(target=self._trade, args=(i,)) for i in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def trades(self, key: IssuedKey, requests: int = 24) -> None:
        """Wait until so many requests more were accepted from a key."""
        enough = self.exchange.accepted(key.api_key) + requests
        wait_for(lambda: self.exchange.accepted(key.api_key) >= enough)

    def ends_what_is_under_way(self) -> None:
        """Wait until each thread has two answers more: a slow one may be at the old pair."""
        before = list(self._answered)
        wait_for(lambda: all(now > n + 1 for now, n in zip(self._answered, before, strict=True)))

    def _trade(self, number: int) -> None:
        with requests.Session() as session:
            session.auth = BinanceAuth(self.live)
            while not self._stop.wait(PAUSE_SECONDS):
                session.get(f"{self.exchange.url}/api/v3/account", timeout=PATIENCE)
                self._answered[number] += 1


def verifier(exchange: FakeExchange):
    """Try a pair with a signed call, as a bot's owner would."""

    def verify(credentials) -> None:
        answer = requests.get(
            f"{exchange.url}/sapi/v1/account/apiRestrictions",
            auth=BinanceAuth(credentials),
            timeout=PATIENCE,
        )
        if answer.status_code != 200:
            raise VerificationError("the exchange does not accept it")

    return verify


def refused_by_bot(exchange: FakeExchange) -> list:
    return [r for r in exchange.rejected() if r.path != "/sapi/v1/account/apiRestrictions"]


def test_one_rotation_is_seen_by_nobody(store, exchange) -> None:
    old, new = exchange.issue(), exchange.issue()
    name = f"bot-{token()[:12]}"
    store.put(name, old.fields())
    rotations = []
    with (
        load_credentials(
            store.source(name), live=True, refresh=LOOK, on_rotation=rotations.append
        ) as live,
        Bot(live, exchange) as bot,
    ):
        bot.trades(old)
        store.put(name, new.fields())
        bot.trades(new)
        bot.ends_what_is_under_way()
        exchange.keys.revoke(old.api_key)  # the overlap is over
        bot.trades(new)
        wait_for(lambda: rotations)
        assert live.previous.api_key.reveal() == old.api_key
    assert exchange.rejected() == []
    assert [new.api_key] == [r.current.api_key.reveal() for r in rotations]


def hanging(store, exchange, name, new):
    return hang


def erring(store, exchange, name, new):
    return status(503)


def truncating(store, exchange, name, new):
    return truncated


def odd(store, exchange, name, new):
    return ODD


def lying(store, exchange, name, new):
    """The new pair is shaped as one, and the exchange has never heard of it."""
    store.put(name, {"api_key": token(), "api_secret": token()})


def malformed(store, exchange, name, new):
    store.put_text(name, "neither a pair nor a document")


def half(store, exchange, name, new):
    """The new key with the old secret: a rotation that was stored in two steps."""
    store.put(name, {"api_key": new.api_key, "api_secret": token()})


def flapping(store, exchange, name, new):
    """Half of the answers are errors."""
    chance = random.Random(7)

    def fault(handler, code, head, body):
        (status(500) if chance.random() < 0.5 else answer)(handler, code, head, body)

    return fault


OF_SERVERS = (hanging, erring, truncating, odd, flapping)
OF_ALL = (lying, malformed, half)


def each_with(stores, troubles, *, turn: int):
    """Give every pair; of these, so that each has its turn, one in so many in each run."""
    for n, store in enumerate(stores):
        for m, trouble in enumerate(troubles):
            marks = pytest.mark.product if (n + m) % turn else []
            yield pytest.param(store, trouble, marks=marks)


@pytest.mark.parametrize(
    ("store", "trouble"),
    [
        *each_with(SHOPS, (*OF_SERVERS, *OF_ALL), turn=3),
        *each_with(STORES[len(SHOPS) :], OF_ALL, turn=2),
    ],
    indirect=["store"],
)
def test_a_rotation_in_trouble_is_seen_by_nobody_either(store, exchange, trouble) -> None:
    """The old pair serves until the store is well and holds a pair that works."""
    old, new = exchange.issue(), exchange.issue()
    name = f"bot-{token()[:12]}"
    store.put(name, old.fields())
    events, rotations = [], []
    load_credentials(store.source(name))  # to build its client takes long on a busy machine
    with (
        load_credentials(
            store.source(name),
            live=True,
            refresh=LOOK,
            timeout_seconds=HANGS_SECONDS if trouble is hanging else PATIENCE,
            verify=verifier(exchange),
            on_rotation=rotations.append,
        ) as live,
        Bot(live, exchange) as bot,
    ):
        live.on_event(events.append)
        bot.trades(old)
        fault = trouble(store, exchange, name, new)
        if fault is not None:
            store.proxy.fault = fault
        if trouble is not flapping:  # a read that began before the trouble has ended then
            wait_for(lambda: any(event.kind is Kind.FAILED for event in events))
        if fault is not None:
            store.put(name, new.fields())
        if trouble is not flapping:
            bot.trades(old)
            assert rotations == []
            assert live.current.api_key.reveal() == old.api_key
        if fault is None:
            store.put(name, new.fields())
        elif trouble is not flapping:
            store.proxy.recover()
        bot.trades(new)
        bot.ends_what_is_under_way()
        exchange.keys.revoke(old.api_key)
        bot.trades(new)
        wait_for(lambda: rotations)
    assert refused_by_bot(exchange) == []
    assert [new.api_key] == [r.current.api_key.reveal() for r in rotations]
    if trouble is not flapping:  # which is a new failure each time
        assert sum(event.kind is Kind.FAILED for event in events) <= 2
