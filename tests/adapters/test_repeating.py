"""Clients that repeat a request while its key is being replaced."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from support import build, caught
from urllib3.util import Retry
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.adapters import python_binance
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth
from binance_creds.testing import FakeExchange

ACCOUNT, TEST_ORDER = "/api/v3/account", "/api/v3/order/test"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}


class DroppingExchange(FakeExchange):
    """An exchange that hangs up on the first signed request, when its key is replaced.

    It is a handle, too.
    """

    def __init__(self, old=KeyType.HMAC, new=KeyType.ED25519) -> None:
        super().__init__()
        self.old, self.new = self.issue(old), self.issue(new)
        self.current = build(**self.old.fields())
        self._newer = build(**self.new.fields())

    def answer(self, incoming):
        if "signature" in incoming.params and self.current is not self._newer:
            self.current = self._newer
            raise ConnectionAbortedError  # the server closes the connection
        return super().answer(incoming)

    def trades(self) -> list[int]:
        """Return how many signed requests were accepted with the old key, and with the new one."""
        names = [r.api_key for r in self.requests if r.path in {ACCOUNT, TEST_ORDER} and not r.code]
        return [names.count(key.api_key) for key in (self.old, self.new)]


@pytest.fixture(params=[(KeyType.HMAC, KeyType.ED25519), (KeyType.RSA, KeyType.HMAC)])
def exchange(request):
    with DroppingExchange(*request.param) as running:
        yield running


@contextmanager
def by_requests(exchange):
    with requests.Session() as session:
        session.auth = RequestsAuth(exchange)
        yield (
            session,
            lambda: session.get(exchange.url + ACCOUNT, timeout=PATIENCE).raise_for_status(),
            lambda: session.post(
                exchange.url + TEST_ORDER, ORDER, timeout=PATIENCE
            ).raise_for_status(),
        )


@contextmanager
def by_python_binance(exchange):
    client = python_binance.client(exchange, base_url=exchange.url)
    yield client.session, client.get_account, lambda: client.create_test_order(**ORDER)
    client.close_connection()


@pytest.mark.parametrize("is_order", [False, True])
def test_urllib3_repeats_a_request_with_the_pair_that_signed_it(exchange, is_order) -> None:
    """An `auth` signs before; the next one has the new pair."""
    with by_requests(exchange) as (session, read, order):
        session.mount("http://", HTTPAdapter(max_retries=Retry(2, allowed_methods=None)))
        (order if is_order else read)()
        read()
    assert exchange.rejected() == []
    assert exchange.trades() == [1, 1]


@pytest.mark.parametrize("is_order", [False, True])
def test_python_binance_repeats_a_request_with_the_pair_of_then(exchange, is_order) -> None:
    """Each attempt of urllib3 is signed."""
    with by_python_binance(exchange) as (session, read, order):
        session.mount("http://", HTTPAdapter(max_retries=Retry(2, allowed_methods=None)))
        (order if is_order else read)()
        read()
    assert exchange.rejected() == exchange.mixed() == []
    assert exchange.trades() == [0, 2]


def test_aiohttp_repeats_a_request_with_the_pair_of_then(exchange) -> None:
    """It does so by itself where a connection that it kept is gone."""

    async def main() -> None:
        client = await python_binance.async_client(exchange, base_url=exchange.url)
        try:
            await client.get_account()
            await client.get_account()
        finally:
            await client.close_connection()

    asyncio.run(main())
    assert exchange.rejected() == exchange.mixed() == []
    assert exchange.trades() == [0, 2]


def test_a_middleware_repeats_a_request_with_the_pair_of_then(exchange) -> None:
    """One of the user's own."""

    class handle:
        current = exchange.current

    async def twice(request, send):
        if request.method == "POST":
            (await send(request)).close()
            handle.current = build(**exchange.new.fields())
        return await send(request)

    async def main() -> None:
        client = await python_binance.async_client(
            handle, base_url=exchange.url, session_params={"middlewares": (twice,)}
        )
        try:
            await client.create_test_order(**ORDER)
        finally:
            await client.close_connection()

    exchange.current = exchange._newer  # nothing is dropped
    asyncio.run(main())
    assert exchange.rejected() == exchange.mixed() == []
    assert exchange.trades() == [1, 1]


def test_a_task_that_a_request_starts_has_snapshots_of_its_own(exchange) -> None:
    """Its context is a copy, and must not hold it to a pair that is gone."""
    later = []

    async def main() -> None:
        async def start(request, send):
            if request.method == "POST" and not later:
                later.append(asyncio.create_task(trade_later()))
            return await send(request)

        client = await python_binance.async_client(
            handle, base_url=exchange.url, session_params={"middlewares": (start,)}
        )
        is_replaced = asyncio.Event()

        async def trade_later() -> None:
            await is_replaced.wait()
            await client.get_account()

        try:
            await client.create_test_order(**ORDER)
            handle.current = build(**exchange.new.fields())
            exchange.keys.revoke(exchange.old.api_key)
            is_replaced.set()
            await later[0]
        finally:
            await client.close_connection()

    class handle:
        current = exchange.current

    exchange.current = exchange._newer  # nothing is dropped
    asyncio.run(main())
    assert exchange.rejected() == []
    assert exchange.trades() == [1, 1]


def test_httpx_signs_a_repeated_request_anew(exchange) -> None:
    """With the pair of then: httpx itself repeats only what was never sent."""
    with httpx.Client(auth=HttpxAuth(exchange), transport=httpx.HTTPTransport(retries=2)) as client:
        request = client.build_request("POST", exchange.url + TEST_ORDER, data=ORDER)
        assert isinstance(caught(client.send, request), httpx.RemoteProtocolError)
        assert client.send(request).status_code == 200
    assert exchange.rejected() == []
    assert exchange.trades() == [0, 1]
