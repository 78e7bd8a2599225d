"""A key for this machine goes through no proxy, whatever the environment says."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import requests
import websockets
from listener import Listener
from support import build, caught
from waiting import PATIENCE

from binance_creds.adapters import python_binance
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth
from binance_creds.errors import ConfigurationError

PATH = "/api/v3/account"


@pytest.fixture
def proxy(monkeypatch):
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    yield proxy
    proxy.close()


@pytest.fixture
def creds(exchange):
    return build(**exchange.issue().fields())


def by_requests(creds, url) -> int:
    return requests.get(url, auth=RequestsAuth(creds), timeout=PATIENCE).status_code


def by_httpx(creds, url) -> int:
    return httpx.get(url, auth=HttpxAuth(creds)).status_code


@pytest.mark.parametrize("get", [by_requests, by_httpx])
def test_an_auth_refuses_to_send_it(get, creds, exchange, proxy, monkeypatch) -> None:
    """It does not choose the way. Once NO_PROXY has the host, it goes."""
    error = caught(get, creds, exchange.url + PATH)
    assert isinstance(error, ConfigurationError)
    assert proxy.heard == []
    monkeypatch.setenv("NO_PROXY", error.hint.split()[1])
    monkeypatch.setenv("no_proxy", error.hint.split()[1])
    assert get(creds, exchange.url + PATH) == 200
    assert proxy.heard == []


def test_python_binance_goes_directly(creds, exchange, proxy) -> None:
    client = python_binance.client(creds, base_url=exchange.url)
    assert client.get_account()
    assert proxy.heard == []


def test_its_asynchronous_client_goes_directly(creds, exchange, proxy, loop) -> None:
    """Also where its session takes proxies from the environment, and to the WebSocket API."""

    async def run() -> None:
        client = await python_binance.async_client(
            creds, base_url=exchange.url, session_params={"trust_env": True}
        )
        try:
            assert await client.get_account()
            with pytest.raises(websockets.InvalidStatus):  # the exchange has only REST
                await client.ws_api.connect()
        finally:
            await client.close_connection()

    asyncio.run(run())
    assert proxy.heard == []
