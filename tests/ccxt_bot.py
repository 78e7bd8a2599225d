"""What the tests of ccxt share: exchanges of ccxt on the local one, called in one way."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import ccxt.pro
from support import build
from waiting import PATIENCE

from binance_creds import KeyType
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
    # `future` and `delivery` are the names of 4.5.12.
    streams = dict.fromkeys(
        ("spot", "margin", "linear", "inverse", "future", "delivery"), f"{ws_url}/ws"
    )
    paths = {"spot": "/ws-api/v3", "linear": "/ws-fapi/v1", "inverse": "/ws-dapi/v1"}
    paths |= {"future": paths["linear"], "delivery": paths["inverse"]}
    api["ws"] = {**streams, "ws-api": {name: ws_url + path for name, path in paths.items()}}
    return {"urls": {"api": api}, "enableRateLimit": False}


def way_of(bot):
    """Return what the adapter has put into the exchange of a bot."""
    return bot.ccxt._binance_creds


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


class Recording(ccxt.pro.binance):
    """An exchange that notes the number of each event of an order that reaches ccxt."""

    def handle_order_update(self, client, message):
        order = message if "i" in message else message["o"]
        self.__dict__.setdefault("heard", []).append(order["i"])
        super().handle_order_update(client, message)


ALL = {"enableFutures": True, "enableMargin": True}
# For each kind of user data stream: the product of the exchange, a symbol, what selects it.
STREAMS = {
    "spot": ("spot", "BTC/USDT", {}),
    "margin": ("margin", "BTC/USDT", {"type": "margin"}),
    "linear": ("um", "BTC/USDT:USDT", {}),
    "inverse": ("cm", "BTC/USD:BTC", {}),
}
_SPOT = {
    "e": "executionReport", "E": 1, "s": "BTCUSDT", "c": "c", "S": "BUY", "o": "LIMIT", "f": "GTC",
    "q": "1", "p": "1", "P": "0", "F": "0", "g": -1, "C": "", "x": "NEW", "X": "NEW", "r": "NONE",
    "l": "0", "z": "0", "L": "0", "n": "0", "N": None, "T": 1000, "t": -1, "w": True, "m": False,
    "O": 1, "Z": "0", "Y": "0", "Q": "0",
}  # fmt: skip


def order_event(kind: str, number: int) -> dict:
    """Return an event of a new order with a number."""
    if kind in {"spot", "margin"}:
        return {**_SPOT, "i": number}
    symbol = "BTCUSDT" if kind == "linear" else "BTCUSD_PERP"
    order = {**_SPOT, "s": symbol, "i": number, "ap": "0", "sp": "0", "R": False, "ps": "BOTH"}
    order = {name: value for name, value in order.items() if name not in {"e", "E"}}
    return {"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": order}


class Listener:
    """A bot of ccxt.pro that watches the orders of one kind, as its loop would.

    `failures` has what its calls raised.
    """

    def __init__(self, exchange, handle, kind: str, **options) -> None:
        base = options.pop("base", Recording)
        self.exchange, self.kind = exchange, kind
        self.ccxt = client(base, handle, **at(exchange.url, exchange.ws_url), **options)
        self.failures: list[Exception] = []
        self._number = 0

    @property
    def heard(self) -> list[int]:
        return self.ccxt.__dict__.setdefault("heard", [])

    async def __aenter__(self):
        await self.ccxt.load_markets()
        self._watch = asyncio.create_task(self._watching())
        await until(lambda: self._streams() or self._watch.done(), "the stream")
        return self

    async def __aexit__(self, *_) -> None:
        self._watch.cancel()
        await self.ccxt.close()

    async def _watching(self) -> None:
        _, symbol, params = STREAMS[self.kind]
        while True:
            try:
                await self.ccxt.watch_orders(symbol, params=dict(params))
            except ccxt.BaseError as error:
                self.failures.append(error)
                await asyncio.sleep(0.01)

    def _streams(self) -> int:
        product = STREAMS[self.kind][0]
        return len([s for s in self.exchange._streams.open_of("main") if s.product == product])

    def emit(self, count: int = 1) -> None:
        for _ in range(count):
            self._number += 1
            event = order_event(self.kind, self._number)
            self.exchange.emit(event, product=STREAMS[self.kind][0])

    async def hears_all(self) -> None:
        """Wait until each event so far has come."""
        await until(lambda: len(self.heard) >= self._number, "the last event")
        assert self.heard == list(range(1, self._number + 1))

    async def is_on(self, key) -> None:
        """Wait until the stream is that of a key, and of no other."""
        await until(lambda: self._holders() == [{key.api_key}], "the new stream")

    def _holders(self) -> list[set[str]]:
        product = STREAMS[self.kind][0]
        mine = [s for s in self.exchange._streams.open_of("main") if s.product == product]
        return [{s.api_key} if s.api_key else set(s.listen_key.holders) for s in mine]


class Rotating:
    """Credentials that the test rotates; hooks hear of it as those of a live handle do."""

    def __init__(self, exchange) -> None:
        self.exchange, self.hooks = exchange, []
        self.key = exchange.issue(permissions=ALL)
        self.current = build(**self.key.fields())

    def on_rotation(self, hook):
        self.hooks.append(hook)
        return lambda: self.hooks.remove(hook) if hook in self.hooks else None

    def rotate(self, key_type=KeyType.ED25519, **options):
        """Make a new key the current one, and return the one before it."""
        old, self.key = self.key, self.exchange.issue(key_type, **{"permissions": ALL, **options})
        self.current = build(**self.key.fields())
        for hook in list(self.hooks):
            hook(None)
        return old


async def until(condition, what: str = "it") -> None:
    """Wait until a condition holds, in the event loop."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, f"{what} did not happen"
        await asyncio.sleep(0.001)
