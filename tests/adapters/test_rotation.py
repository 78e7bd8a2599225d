"""One client, built once, through rotations without end."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from itertools import count

import httpx
import pytest
import requests
from support import build, new_key, rotations, token

from binance_creds import Credentials, KeyType, Secret
from binance_creds.adapters import python_binance
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth

ACCOUNT, TEST_ORDER = "/api/v3/account", "/api/v3/order/test"
ORDER = {"symbol": "１２３４５６", "side": "BUY", "type": "MARKET", "quantity": "1"}
TRADES_PER_KEY = 5
ALL_TYPES = (KeyType.HMAC, KeyType.ED25519, KeyType.RSA)


class RotatingHandle:
    """A handle that goes from key to key while its users trade.

    When a key becomes current, the last but one is revoked, as soon as every request that may have
    begun with it is answered.
    """

    def __init__(self, exchange) -> None:
        self.is_over = False
        self.names: list[str] = []
        self._exchange = exchange
        self._changed = threading.Condition()  # guards the counts and the swap
        self._underway: Counter[int] = Counter()
        self._answered: Counter[int] = Counter()
        self._rsa = {}
        self._swap()

    @contextmanager
    def trade(self):
        with self._changed:
            number = len(self.names)  # this key or a later one will sign
            self._underway[number] += 1
        try:
            yield
        finally:
            with self._changed:
                self._underway[number] -= 1
                self._answered[number] += 1
                self._changed.notify_all()

    def rotate(self, times: int) -> None:
        try:
            for _ in range(times):
                self._until(lambda: self._answered[len(self.names)] >= TRADES_PER_KEY)
                self._swap()
                last_but_one = len(self.names) - 2
                self._until(lambda n=last_but_one: not any(self._underway[i] for i in range(n + 1)))
                for name in self.names[max(last_but_one - 1, 0) : last_but_one]:
                    self._exchange.keys.revoke(name)
            self._until(lambda: self._answered[len(self.names)] >= TRADES_PER_KEY)
        finally:
            self.is_over = True

    def _until(self, is_so) -> None:
        with self._changed:
            assert self._changed.wait_for(is_so, timeout=30)

    def _swap(self) -> None:
        creds = self._new(ALL_TYPES[len(self.names) % 3])
        with self._changed:
            self.names.append(creds.api_key.reveal())
            self.current = creds

    def _new(self, key_type) -> Credentials:
        """Return the pair of a new key; two RSA signers take turns, as making one takes long."""
        if key_type is not KeyType.RSA:
            return build(**self._exchange.issue(key_type).fields())
        number = len(self.names) % 2
        if number not in self._rsa:
            made = self._exchange.issue(KeyType.RSA)
            public = self._exchange.keys.find(made.api_key).material
            self._rsa[number] = build(**made.fields()), public
        first, public = self._rsa[number]
        name = token()
        self._exchange.keys.register_public_key(name, public)
        return Credentials(Secret(name), first.signer, first._facts)


def check(exchange, handle, rotations: int) -> None:
    """Assert that every key traded, none was refused, and all but two are gone."""
    accepted = Counter(r.api_key for r in exchange.requests if not r.code)
    assert exchange.rejected() == []
    assert len(handle.names) == rotations + 1
    assert min(accepted[name] for name in handle.names) >= TRADES_PER_KEY
    revoked = [name for name in handle.names if exchange.keys.find(name).is_revoked]
    assert revoked == handle.names[:-2]


def in_turn(first, second):
    """Return a call that makes one call, then the other."""
    numbers = count()
    return lambda: second() if next(numbers) % 2 else first()


@contextmanager
def by_python_binance(handle, url):
    client = python_binance.client(handle, base_url=url)
    yield in_turn(client.get_account, lambda: client.create_test_order(**ORDER))
    client.close_connection()


@contextmanager
def by_requests(handle, url):
    with requests.Session() as session:
        session.auth = RequestsAuth(handle)
        yield in_turn(
            lambda: session.get(url + ACCOUNT).raise_for_status(),
            lambda: session.post(url + TEST_ORDER, data=ORDER).raise_for_status(),
        )


@contextmanager
def by_httpx(handle, url):
    with httpx.Client(base_url=url, auth=HttpxAuth(handle)) as client:
        yield in_turn(
            lambda: client.get(ACCOUNT).raise_for_status(),
            lambda: client.post(TEST_ORDER, data=ORDER).raise_for_status(),
        )


@rotations(25, 100)
@pytest.mark.parametrize("client", [by_python_binance, by_requests, by_httpx])
def test_eight_threads_trade_on(exchange, client, rotations) -> None:
    """Nothing is refused, and no key is sent with the signature of another."""
    handle = RotatingHandle(exchange)

    def work(trade) -> None:
        while not handle.is_over:
            with handle.trade():
                trade()

    with client(handle, exchange.url) as trade, ThreadPoolExecutor(9) as pool:
        workers = [pool.submit(work, trade) for _ in range(8)]
        pool.submit(handle.rotate, rotations).result()
        for worker in workers:
            worker.result()
    check(exchange, handle, rotations)


@asynccontextmanager
async def by_async_python_binance(handle, url):
    client = await python_binance.async_client(handle, base_url=url)
    yield in_turn(client.get_account, lambda: client.create_test_order(**ORDER))
    await client.close_connection()


@asynccontextmanager
async def by_async_httpx(handle, url):
    async with httpx.AsyncClient(base_url=url, auth=HttpxAuth(handle)) as client:

        async def answered(sent) -> None:
            (await sent).raise_for_status()

        yield in_turn(
            lambda: answered(client.get(ACCOUNT)),
            lambda: answered(client.post(TEST_ORDER, data=ORDER)),
        )


@rotations(25, 100)
@pytest.mark.parametrize(
    ("client", "at_once"), [(by_async_python_binance, 50), (by_async_httpx, 8)]
)
def test_a_hundred_tasks_trade_on(exchange, client, at_once, rotations) -> None:
    """In turns, as a pool of connections costs. The keys change from another thread, at any moment."""
    handle = RotatingHandle(exchange)

    async def work(trade, turn) -> None:
        while not handle.is_over:
            async with turn:
                with handle.trade():
                    await trade()

    async def main() -> None:
        async with client(handle, exchange.url) as trade:
            turn = asyncio.Semaphore(at_once)
            tasks = [work(trade, turn) for _ in range(100)]
            await asyncio.gather(asyncio.to_thread(handle.rotate, rotations), *tasks)

    asyncio.run(main())
    check(exchange, handle, rotations)


def test_the_client_is_refused_once_its_key_is_revoked(exchange) -> None:
    """So that the tests above would notice a key of yesterday."""
    handle = RotatingHandle(exchange)
    exchange.keys.revoke(handle.names[0])
    with by_requests(handle, exchange.url) as trade, pytest.raises(requests.HTTPError):
        trade()
    with by_httpx(handle, exchange.url) as trade, pytest.raises(httpx.HTTPStatusError):
        trade()
    assert [r.code for r in exchange.rejected()] == [-2015, -2015]


def test_a_pair_of_two_keys_is_refused(exchange) -> None:
    """As above: the exchange answers a signature of another key with -1022."""
    key, other = exchange.issue(), new_key()
    mixed = build(api_key=key.api_key, api_secret=other.api_secret)
    with by_httpx(mixed, exchange.url) as trade, pytest.raises(httpx.HTTPStatusError):
        trade()
    assert [r.code for r in exchange.rejected()] == [-1022]
