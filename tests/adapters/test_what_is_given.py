"""What a program hands to an adapter by mistake is named."""

from __future__ import annotations

import asyncio

import ccxt
import httpx
import pytest
import requests
from aiohttp import BasicAuth
from support import build, caught, new_key

from binance_creds import Secret
from binance_creds.adapters import (
    aiohttp,
    plain,
    python_binance,
    websockets,
)
from binance_creds.adapters import ccxt as ccxt_adapter
from binance_creds.adapters import httpx as signed_httpx
from binance_creds.adapters import requests as signed_requests
from binance_creds.errors import ConfigurationError
from binance_creds.testing import FakeExchange, assert_no_leak

ACCOUNT = "https://api.binance.com/api/v3/account"
USES = {
    "aiohttp": lambda given: aiohttp.user_events(given),
    "ccxt": lambda given: ccxt_adapter.client(ccxt.binance, given),
    "ccxt, one that is built": lambda given: ccxt_adapter.attach(ccxt.binance(), given),
    "httpx": lambda given: signed_httpx.client(given),
    "httpx's auth": lambda given: signed_httpx.BinanceAuth(given),
    "httpx's transport": lambda given: signed_httpx.BinanceTransport(given, httpx.HTTPTransport()),
    "plain": lambda given: plain.sign_request(given, "GET", ACCOUNT),
    "plain message": lambda given: plain.sign_websocket_request(given, "time", request_id=1),
    "python-binance": lambda given: python_binance.client(given, ping=False),
    "python-binance, manager": lambda given: python_binance.threaded_websocket_manager(given),
    "requests": lambda given: signed_requests.client(given),
    "requests' auth": lambda given: signed_requests.BinanceAuth(given),
    "requests, one that is built": lambda given: signed_requests.attach(requests.Session(), given),
    "websockets": lambda given: websockets.async_client(given),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
@pytest.mark.parametrize("given", ["dotenv:.env", None, {"api_key": "a"}, requests.Session()])
def test_what_are_no_credentials_is_refused_by_its_type(use, given) -> None:
    """A source, nothing, a dictionary, or arguments in the wrong order."""
    error = caught(use, given)
    assert isinstance(error, ConfigurationError)
    assert f"must be `Credentials` or a live handle, not {type(given).__name__}." in str(error)
    assert "load_credentials()" in str(error)


@pytest.mark.parametrize("use", [USES["requests' auth"], USES["plain"]])
def test_a_key_that_is_given_instead_is_not_repeated(use) -> None:
    key = new_key()
    error = caught(use, key.api_key)
    assert_no_leak(str(error), Secret(key.api_key))
    assert error.__context__ is None


def test_a_coroutine_is_to_be_awaited() -> None:
    coroutine = asyncio.sleep(0)
    assert "Await it" in str(caught(signed_requests.client, coroutine))
    coroutine.close()


def test_an_error_of_a_handles_own_is_not_hidden() -> None:
    class Handle:
        @property
        def current(self):
            raise AttributeError("its own")

    assert str(caught(signed_requests.client, Handle())) == "its own"


@pytest.mark.parametrize("kind", ["binance", ccxt.binance(), ccxt])
def test_what_is_no_class_of_an_exchange_is_refused(kind) -> None:
    error = caught(ccxt_adapter.client, kind, build(**new_key().fields()))
    assert isinstance(error, ConfigurationError)
    assert f"must be a class of ccxt, not {type(kind).__name__}" in str(error)


@pytest.mark.parametrize("security", ["SIGNED", "signed", True])
def test_what_is_no_security_is_refused(security) -> None:
    """It was taken for one that needs the key alone."""
    creds = build(**new_key().fields())
    with FakeExchange() as exchange, signed_requests.client(creds, security=security) as session:
        for error in (
            caught(plain.sign_request, creds, "GET", ACCOUNT, security=security),
            caught(session.get, f"{exchange.url}/api/v3/account"),
        ):
            assert isinstance(error, ConfigurationError)
            assert "must be a member of `Security`" in str(error)
        assert exchange.requests == []


def test_a_window_is_a_number() -> None:
    creds = build(**new_key().fields())
    error = caught(signed_requests.client, creds, recv_window_ms="5s")
    assert isinstance(error, ConfigurationError)


def of_aiohttp(**options: object) -> None:
    async def build_one() -> None:
        async with aiohttp.client(build(**new_key().fields()), **options):
            pass

    asyncio.run(build_one())


def of_requests(auth: object = None, **options: object) -> None:
    with requests.Session() as session:
        session.auth = auth
        signed_requests.attach(session, build(**new_key().fields()), **options)


def of_httpx(**options: object) -> None:
    signed_httpx.client(build(**new_key().fields()), **options).close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of aiohttp 4
@pytest.mark.parametrize("use", [of_aiohttp, of_requests, of_httpx])
def test_a_login_beside_the_key_is_refused(use) -> None:
    """Binance would get it; a proxy of your own may ask for one."""
    login = BasicAuth("a", "b") if use is of_aiohttp else ("a", "b")
    error = caught(use, auth=login)
    assert ConfigurationError is type(error)
    assert "Leave `auth` out" in error.hint
    use(auth=login, hosts=["proxy.lan"])


@pytest.mark.parametrize("given", [build(**new_key().fields()), None, "testnet"])
def test_a_socket_manager_is_made_of_a_client(given) -> None:
    error = caught(python_binance.socket_manager, given)
    assert ConfigurationError is type(error)
    assert f"not {type(given).__name__}" in error.message
    assert "await async_client(credentials)" in error.hint
