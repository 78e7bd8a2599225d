"""Orders to a server on this machine: by clients and their adapters, and by hand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.core import Bench, Case, Comparison, Several

PATH: Final = "/api/v3/order"
ORDER: Final = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT",
    "timeInForce": "GTC", "quantity": "0.1", "price": "60000",
}  # fmt: skip
WHY: Final = (
    "A request is signed where it goes onto the wire, after the wait for a connection, so that a"
    " rotation never mixes two pairs; each passes a hook of the connection for that."
)
KEY: Final = "k1" * 32
ORDERS: Final = 100
Pair = tuple[str, Callable[[], object], Callable[[], object]]


def by_hand(url: str, parameters: dict[str, str], secret: bytes) -> tuple[str, dict[str, str]]:
    """Return address and headers as a program without this library makes them."""
    now = int(time.time() * 1000)
    query = urlencode({**parameters, "recvWindow": 5000, "timestamp": now})
    signature = hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
    return f"{url}?{query}&signature={signature}", {"X-MBX-APIKEY": KEY}


def unsigned(url: str) -> str:
    """Return the address of an order without a signature.

    Both of a pair give a whole address, because clients join `params=` to one in more steps than
    `urlencode`: httpx takes 64 us longer, with and without us.
    """
    return f"{url}{PATH}?{urlencode(ORDER)}"


def pairs(bench: Bench, creds, secret: str, url: str) -> Iterator[Pair]:
    """Yield each client: a request that is signed without us, and the same by its adapter."""
    for name, modules, pair in (
        ("requests", ("requests",), of_requests),
        ("httpx", ("httpx",), of_httpx),
        ("httpx, asyncio", ("httpx",), of_httpx_async),
        ("aiohttp", ("aiohttp",), of_aiohttp),
        ("python-binance", ("binance.client",), of_python_binance),
        ("ccxt", ("ccxt",), of_ccxt),
        ("binance-common", ("binance_sdk_spot",), of_binance_sdk),
    ):
        if bench.has(name, *modules):
            yield name, *pair(bench, creds, secret.encode(), url)


def of_requests(bench: Bench, creds, secret: bytes, url: str):
    import requests

    from binance_creds.adapters import requests as adapter

    alone = bench.stack.enter_context(requests.Session())
    ours = bench.stack.enter_context(adapter.client(creds))

    def plain() -> None:
        address, headers = by_hand(url + PATH, ORDER, secret)
        alone.post(address, headers=headers)

    return plain, lambda: ours.post(unsigned(url))


def of_httpx(bench: Bench, creds, secret: bytes, url: str):
    import httpx

    from binance_creds.adapters import httpx as adapter

    alone = bench.stack.enter_context(httpx.Client())
    ours = bench.stack.enter_context(adapter.client(creds))

    def plain() -> None:
        address, headers = by_hand(url + PATH, ORDER, secret)
        alone.post(address, headers=headers)

    return plain, lambda: ours.post(unsigned(url))


def of_httpx_async(bench: Bench, creds, secret: bytes, url: str):
    import httpx

    from binance_creds.adapters import httpx as adapter

    loop = asyncio.new_event_loop()
    bench.stack.callback(loop.close)
    alone, ours = httpx.AsyncClient(), adapter.async_client(creds)
    for client in (alone, ours):
        bench.stack.callback(lambda client=client: loop.run_until_complete(client.aclose()))

    def plain() -> None:
        address, headers = by_hand(url + PATH, ORDER, secret)
        loop.run_until_complete(alone.post(address, headers=headers))

    return plain, lambda: loop.run_until_complete(ours.post(unsigned(url)))


def of_aiohttp(bench: Bench, creds, secret: bytes, url: str):
    import aiohttp
    from yarl import URL

    from binance_creds.adapters import aiohttp as adapter

    loop = asyncio.new_event_loop()
    bench.stack.callback(loop.close)

    async def made() -> tuple[aiohttp.ClientSession, aiohttp.ClientSession]:
        return aiohttp.ClientSession(), adapter.client(creds)

    alone, ours = loop.run_until_complete(made())
    for session in (alone, ours):
        bench.stack.callback(lambda session=session: loop.run_until_complete(session.close()))

    async def plain() -> None:
        address, headers = by_hand(url + PATH, ORDER, secret)
        async with alone.post(URL(address, encoded=True), headers=headers) as answer:
            await answer.read()

    async def signed() -> None:
        async with ours.post(URL(unsigned(url), encoded=True)) as answer:
            await answer.read()

    return lambda: loop.run_until_complete(plain()), lambda: loop.run_until_complete(signed())


def of_python_binance(bench: Bench, creds, secret: bytes, url: str):
    from binance.client import Client

    from binance_creds.adapters import python_binance as adapter

    alone = Client(KEY, secret.decode(), ping=False)
    ours = adapter.client(creds, base_url=url, ping=False)
    alone.API_URL = f"{url}/api"
    for client in (alone, ours):
        bench.stack.callback(client.close_connection)
    return lambda: alone.create_order(**ORDER), lambda: ours.create_order(**ORDER)


def of_ccxt(bench: Bench, creds, secret: bytes, url: str):
    import ccxt

    from binance_creds.adapters import ccxt as adapter

    known = ccxt.binance().urls["api"]
    api = {name: url + urlsplit(text).path for name, text in known.items() if "://" in text}
    options = {"urls": {"api": api}, "enableRateLimit": False}
    alone = ccxt.binance({"apiKey": KEY, "secret": secret.decode(), **options})
    ours = adapter.client(ccxt.binance, creds, **options)
    return lambda: alone.privatePostOrder(dict(ORDER)), lambda: ours.privatePostOrder(dict(ORDER))


def of_binance_sdk(bench: Bench, creds, secret: bytes, url: str):
    from binance_common.configuration import ConfigurationRestAPI
    from binance_sdk_spot import Spot

    from binance_creds.adapters import binance_sdk as adapter

    there = {"base_path": url, "retries": 0}
    own = ConfigurationRestAPI(api_key=KEY, api_secret=secret.decode(), **there)
    alone = Spot(config_rest_api=own).rest_api
    ours = adapter.client(Spot, creds, config_rest_api=ConfigurationRestAPI(**there)).rest_api
    asked = {
        "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT",
        "time_in_force": "GTC", "quantity": 0.1, "price": 60000.0,
    }  # fmt: skip
    return lambda: alone.new_order(**asked), lambda: ours.new_order(**asked)


def latencies(call: Callable[[], object], number: int) -> Mapping[str, float]:
    """Time some requests by the clock."""
    taken = []
    for _ in range(number):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    taken.sort()
    p50, p99 = (taken[int(share * (number - 1))] * 1e6 for share in (0.5, 0.99))
    return {"p50": p50, "p99": p99, "a second": number / sum(taken)}


def orders(bench: Bench, creds, secret: str, url: str) -> Iterator[Comparison]:
    """Yield how long a signed order takes, and how many there are in a second."""
    timed = {}
    for name, alone, ours in pairs(bench, creds, secret, url):
        number = bench.number(ORDERS)
        for title, call in ((f"{name} alone", alone), (f"binance-creds in {name}", ours)):
            one = Several(lambda call=call, number=number: latencies(call, number))
            timed[title] = one, f"{name} alone"
    for title, unit, figure in (
        ("A signed order by the clock: p50", "us", "p50"),
        ("A signed order by the clock: p99", "us", "p99"),
        ("Signed orders a second, one after another", "a second", "a second"),
    ):
        cases = [
            Case(name, lambda one=one, figure=figure: one.figure(figure), beside, WHY)
            for name, (one, beside) in timed.items()
        ]
        yield Comparison(title, unit, cases, to="the client alone")
