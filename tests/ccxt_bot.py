"""What the tests of ccxt share: exchanges of ccxt on the local one, called in one way."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
from support import build

from binance_creds.adapters.ccxt import attach, client

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
KINDS = {"sync": ccxt.binance, "async": ccxt.async_support.binance, "pro": ccxt.pro.binance}


def handle_of(key) -> SimpleNamespace:
    """Return a handle whose credentials the test changes."""
    return SimpleNamespace(current=build(**key.fields()))


def at(url: str, ws_url: str = "ws://127.0.0.1:9") -> dict:
    """Return the options of an exchange whose addresses are all of another host."""
    known = ccxt.binance().urls["api"]
    api = {name: url + urlsplit(text).path for name, text in known.items() if "://" in text}
    streams = dict.fromkeys(("spot", "margin", "linear", "inverse"), f"{ws_url}/ws")
    paths = {"spot": "/ws-api/v3", "linear": "/ws-fapi/v1", "inverse": "/ws-dapi/v1"}
    api["ws"] = {**streams, "ws-api": {name: ws_url + path for name, path in paths.items()}}
    return {"urls": {"api": api}, "enableRateLimit": False}


class Bot:
    """An exchange of ccxt; what its methods return is awaited where it must be.

    Args:
        kind: `sync`, `async` or `pro`.
        exchange: the local one, or what else has an address.
        handle: credentials, or `None`: the exchange is a plain one then.
        options: of `client`, or of ccxt.
    """

    def __init__(self, kind: str, exchange, handle=None, **options) -> None:
        self._runner = asyncio.Runner()
        options = {**at(exchange.url), **options}
        base = options.pop("base", KINDS[kind])
        self.ccxt = base(options) if handle is None else client(base, handle, **options)

    def __getattr__(self, name: str):
        found = getattr(self.ccxt, name)
        return lambda *arguments, **options: self.wait(found(*arguments, **options))

    def wait(self, result):
        """Return what a call gives."""

        async def awaited():
            return await result

        return self._runner.run(awaited()) if asyncio.iscoroutine(result) else result

    def attach(self, handle, **options):
        return attach(self.ccxt, handle, **options)

    def many(self, method: str, count: int, *arguments) -> list:
        """Return what so many calls give that run at once, in tasks or in threads."""
        found = getattr(self.ccxt, method)
        if self.ccxt.synchronous:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(count) as pool:
                return list(pool.map(lambda _: found(*arguments), range(count)))

        async def all_of_them():
            return await asyncio.gather(*(found(*arguments) for _ in range(count)))

        return self._runner.run(all_of_them())

    def trade(self) -> None:
        """Ask for the account, and place an order."""
        assert self.privateGetAccount()["accountType"] == "SPOT"
        assert self.privatePostOrder(dict(ORDER))["status"] == "FILLED"

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        if not self.ccxt.synchronous:
            self._runner.run(self.ccxt.close())
        self._runner.close()
