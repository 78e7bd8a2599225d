"""Requests to a server on this machine: by clients and their adapters, and by hand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from benchmarks.core import Bench, Case, Comparison, Several

ACCOUNT: Final = "/api/v3/account"
KEY: Final = "k1" * 32
ORDERS: Final = 100
Pair = tuple[str, Callable[[], object], Callable[[], object]]


def by_hand(url: str, parameters: dict[str, str], secret: bytes) -> tuple[str, dict[str, str]]:
    """Return address and headers as a program without this library makes them."""
    now = int(time.time() * 1000)
    query = urlencode({**parameters, "recvWindow": 5000, "timestamp": now})
    signature = hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
    return f"{url}?{query}&signature={signature}", {"X-MBX-APIKEY": KEY}


def pairs(bench: Bench, creds, secret: str, url: str) -> Iterator[Pair]:
    """Yield each client: a request that is signed without us, and the same by its adapter."""
    for name, modules, pair in (
        ("requests", ("requests",), of_requests),
        ("httpx", ("httpx",), of_httpx),
        ("httpx, asyncio", ("httpx",), of_httpx_async),
        ("python-binance", ("binance.client",), of_python_binance),
    ):
        if bench.has(name, *modules):
            yield name, *pair(bench, creds, secret.encode(), url)


def of_requests(bench: Bench, creds, secret: bytes, url: str):
    import requests

    from binance_creds.adapters import requests as adapter

    alone = bench.stack.enter_context(requests.Session())
    ours = bench.stack.enter_context(adapter.client(creds))

    def plain() -> None:
        address, headers = by_hand(url + ACCOUNT, {}, secret)
        alone.get(address, headers=headers)

    return plain, lambda: ours.get(url + ACCOUNT)


def of_httpx(bench: Bench, creds, secret: bytes, url: str):
    import httpx

    from binance_creds.adapters import httpx as adapter

    alone = bench.stack.enter_context(httpx.Client())
    ours = bench.stack.enter_context(adapter.client(creds))

    def plain() -> None:
        address, headers = by_hand(url + ACCOUNT, {}, secret)
        alone.get(address, headers=headers)

    return plain, lambda: ours.get(url + ACCOUNT)


def of_httpx_async(bench: Bench, creds, secret: bytes, url: str):
    import httpx

    from binance_creds.adapters import httpx as adapter

    loop = asyncio.new_event_loop()
    bench.stack.callback(loop.close)
    alone, ours = httpx.AsyncClient(), adapter.async_client(creds)
    for client in (alone, ours):
        bench.stack.callback(lambda client=client: loop.run_until_complete(client.aclose()))

    def plain() -> None:
        address, headers = by_hand(url + ACCOUNT, {}, secret)
        loop.run_until_complete(alone.get(address, headers=headers))

    return plain, lambda: loop.run_until_complete(ours.get(url + ACCOUNT))


def of_python_binance(bench: Bench, creds, secret: bytes, url: str):
    from binance.client import Client

    from binance_creds.adapters import python_binance as adapter

    alone = Client(KEY, secret.decode(), ping=False)
    ours = adapter.client(creds, base_url=url, ping=False)
    alone.API_URL = f"{url}/api"
    for client in (alone, ours):
        bench.stack.callback(client.close_connection)
    return alone.get_account, ours.get_account


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
            timed[title] = Several(lambda call=call, number=number: latencies(call, number))
    for title, unit, figure in (
        ("A signed request by the clock: p50", "us", "p50"),
        ("A signed request by the clock: p99", "us", "p99"),
        ("Signed requests a second, one after another", "a second", "a second"),
    ):
        cases = [
            Case(name, lambda one=one, figure=figure: one.figure(figure))
            for name, one in timed.items()
        ]
        yield Comparison(title, unit, cases, base="requests alone")
