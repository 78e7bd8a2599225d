"""What can be found in a client that has traded, and in the errors of one that was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import FunctionType, ModuleType

import binance
import httpx
import pytest
import requests
from support import build, caught
from waiting import PATIENCE

from binance_creds import Credentials, KeyType, Secret
from binance_creds.adapters import python_binance
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.plain import sign_request
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth
from binance_creds.testing import assert_no_leak, watch_for_leaks

pytestmark = pytest.mark.unmeasured

ACCOUNT, TEST_ORDER = "/api/v3/account", "/api/v3/order/test"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
CLOSED = (Secret, Credentials, ModuleType, FunctionType, type)  # hold it, or are no part of it


def texts(thing, seen=None):
    """Give every text that can be reached from a thing through attributes, slots and items."""
    seen = {} if seen is None else seen
    if id(thing) in seen or isinstance(thing, CLOSED):
        return
    seen[id(thing)] = thing
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, bytes | bytearray):
        yield bytes(thing).decode("latin-1")
    elif isinstance(thing, Mapping):
        with suppress(NotImplementedError):  # urllib3's; its attributes follow
            for pair in list(thing.items()):
                yield from texts(pair, seen)
    elif isinstance(thing, list | tuple | set | frozenset):
        for item in list(thing):
            yield from texts(item, seen)
    names = [name for kind in type(thing).__mro__ for name in kind.__dict__.get("__slots__", ())]
    for name in [*getattr(thing, "__dict__", ()), *names]:
        yield from texts(getattr(thing, name, None), seen)


def assert_absent(canaries, *things) -> None:
    found = [text for thing in things for text in texts(thing)]
    assert len(found) > 20
    for canary in canaries:
        assert not [text for text in found if canary in text]


@pytest.fixture(params=list(KeyType))
def key(request, exchange):
    return exchange.issue(request.param)


@pytest.fixture
def canaries(key):
    """The secret and the key, as they would be found."""
    return [key.api_secret or key.private_key_pem.split("\n")[1], key.api_key]


def both_codes(call, exchange, key):
    """Return what a call raises for a bad signature and for a revoked key."""
    exchange.clock_offset_ms = 3_600_000
    late = caught(call)
    exchange.clock_offset_ms = 0
    exchange.keys.revoke(key.api_key)
    errors = [late, caught(call)]
    assert [r.code for r in exchange.rejected()] == [-1021, -2015]
    return errors


def test_nothing_in_the_synchronous_client_shows_it(exchange, key, canaries) -> None:
    """Nor in its last response, nor in the error of a refused request."""
    client = python_binance.client(build(**key.fields()), base_url=exchange.url)
    with watch_for_leaks(canaries[0]):
        client.get_account()
        client.create_test_order(**ORDER)
        errors = both_codes(client.get_account, exchange, key)
    for canary in canaries:
        assert_no_leak(canary, *errors)
    assert_absent(canaries, vars(client), *errors)
    client.close_connection()


def test_nothing_in_the_asynchronous_client_shows_it(exchange, key, canaries) -> None:
    """As above."""

    async def refused(client):
        try:
            await client.get_account()
        except binance.exceptions.BinanceAPIException as error:
            return error

    async def main() -> None:
        client = await python_binance.async_client(build(**key.fields()), base_url=exchange.url)
        await client.create_test_order(**ORDER)
        exchange.keys.revoke(key.api_key)
        error = await refused(client)
        for canary in canaries:
            assert_no_leak(canary, error)
        assert error.code == -2015
        assert_absent(canaries, error, client.response, {**vars(client), "loop": None})
        await client.close_connection()

    with watch_for_leaks(canaries[0]):
        asyncio.run(main())


def test_nothing_in_a_session_of_requests_shows_it(exchange, key, canaries) -> None:
    """Nor in its response, nor in the error made of it."""
    with requests.Session() as session, watch_for_leaks(canaries[0]):
        session.auth = RequestsAuth(build(**key.fields()))

        def call():
            session.get(exchange.url + ACCOUNT, timeout=PATIENCE).raise_for_status()

        call()
        answer = session.post(exchange.url + TEST_ORDER, ORDER, timeout=PATIENCE)
        errors = both_codes(call, exchange, key)
        for canary in canaries:
            assert_no_leak(canary, *errors, answer)
        assert_absent(canaries, vars(session), answer, *errors)


def test_nothing_in_a_client_of_httpx_shows_it(exchange, key, canaries) -> None:
    """A response keeps what was sent, with the API key; its texts do not show that."""
    with (
        watch_for_leaks(canaries[0]),
        httpx.Client(base_url=exchange.url, auth=HttpxAuth(build(**key.fields()))) as client,
    ):

        def call():
            client.get(ACCOUNT).raise_for_status()

        call()
        answer = client.post(TEST_ORDER, data=ORDER)
        errors = both_codes(call, exchange, key)
        for canary in canaries:
            assert_no_leak(canary, *errors, answer, answer.request)
        assert_absent(canaries, vars(client))
        assert_absent(canaries[:1], answer, *errors)


def test_a_signed_request_holds_no_secret(exchange, key, canaries) -> None:
    """Its headers are the API key's way out."""
    signed = sign_request(build(**key.fields()), "POST", exchange.url + TEST_ORDER, body=ORDER)
    assert_no_leak(canaries[0], signed)


def test_the_walk_finds_what_an_ordinary_client_holds(exchange, canaries) -> None:
    """So that the tests above mean something."""
    client = binance.Client(canaries[1], canaries[0], ping=False)
    for canary in canaries:
        with pytest.raises(AssertionError):
            assert_absent([canary], vars(client))
    client.close_connection()
