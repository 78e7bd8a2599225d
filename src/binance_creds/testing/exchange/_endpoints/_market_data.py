"""Market data at prices that do not move.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Market Data endpoints); developers.binance.com,
USD-M and COIN-M futures, Market Data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._exchange_info import wanted_symbols
from binance_creds.testing.exchange._endpoints._routes import Route, Security
from binance_creds.testing.exchange._endpoints._tickers import book_ticker, day_ticker, price_ticker
from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product, Symbol

__all__ = ["market_data_routes"]

_LIMITS: Final = {"depth": 100, "trades": 500, "klines": 500}
_INTERVAL: Final = re.compile(r"(?P<count>\d+)(?P<unit>[smhdwM])")
_UNITS_MS: Final = {
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
    "M": 30 * 86_400_000,  # all months are alike here
}
_SPAN: Final = ("startTime", "endTime", "limit")
_TICKERS: Final = ("symbol", "symbols", "type")


def market_data_routes() -> Routes:
    """Return the endpoints of spot and futures."""
    return {
        **_MarketData("spot").routes("/api/v3"),
        **_MarketData("um").routes("/fapi/v1"),
        **_MarketData("cm").routes("/dapi/v1"),
    }


class _MarketData:
    """The endpoints that all families have alike."""

    def __init__(self, product: Product) -> None:
        self._product: Final[Product] = product

    def routes(self, root: str) -> Routes:
        tickers = ("pair", *_TICKERS) if self._product == "cm" else _TICKERS
        table: dict[str, tuple[Callable[[Call], object], tuple[str, ...]]] = {
            "depth": (self._depth, ("symbol", "limit")),
            "trades": (self._trades, ("symbol", "limit")),
            "historicalTrades": (self._trades, ("symbol", "limit", "fromId")),
            "aggTrades": (self._aggregated, ("symbol", "fromId", *_SPAN)),
            "klines": (self._klines, ("symbol", "interval", "timeZone", *_SPAN)),
            "avgPrice": (self._average, ("symbol",)),
            "uiKlines": (self._klines, ("symbol", "interval", "timeZone", *_SPAN)),
            "ticker/24hr": (self._each(day_ticker), tickers),
            "ticker/price": (self._each(price_ticker), tickers),
            "ticker/bookTicker": (self._each(book_ticker), tickers),
        }
        routes: Routes = {
            ("GET", f"{root}/{name}"): Route(answer, Security.PUBLIC, allowed=allowed)
            for name, (answer, allowed) in table.items()
        }
        if self._product == "um":
            routes["GET", "/fapi/v2/ticker/price"] = routes["GET", f"{root}/ticker/price"]
        if self._product != "spot":  # in spot nothing needs a key alone any more
            old = Route(self._trades, Security.KEY, permission=None)
            routes["GET", f"{root}/historicalTrades"] = old
        return routes

    def _symbol(self, call: Call) -> Symbol:
        call.need("symbol")
        return wanted_symbols(call, self._product)[0]

    def _each(self, make: Callable[[Symbol, Product, int], object]) -> Callable[[Call], object]:
        def answer(call: Call) -> object:
            symbols = wanted_symbols(call, self._product)
            tickers = [make(symbol, self._product, call.now_ms) for symbol in symbols]
            is_one = "symbol" in call.params and self._product != "cm"
            return tickers[0] if is_one else tickers

        return answer

    def _depth(self, call: Call) -> object:
        symbol, count = self._symbol(call), min(_limit(call, "depth"), 20)
        return {
            "lastUpdateId": call.now_ms,
            "E": call.now_ms,
            "T": call.now_ms,
            "bids": [[f"{symbol.price - symbol.tick * n}", "10.0"] for n in range(1, count + 1)],
            "asks": [[f"{symbol.price + symbol.tick * n}", "10.0"] for n in range(1, count + 1)],
        }

    def _trades(self, call: Call) -> object:
        symbol = self._symbol(call)
        return [
            {
                "id": number,
                "price": str(symbol.price),
                "qty": "1.00000000",
                "quoteQty": str(symbol.price),
                "baseQty": "1.00000000",
                "time": call.now_ms,
                "isBuyerMaker": bool(number % 2),
                "isBestMatch": True,
            }
            for number in range(1, min(_limit(call, "trades"), 100) + 1)
        ]

    def _aggregated(self, call: Call) -> object:
        symbol = self._symbol(call)
        return [
            {
                "a": number,
                "p": str(symbol.price),
                "q": "1.00000000",
                "f": number,
                "l": number,
                "T": call.now_ms,
                "m": bool(number % 2),
                "M": True,
            }
            for number in range(1, min(_limit(call, "trades"), 100) + 1)
        ]

    def _average(self, call: Call) -> object:
        return {"mins": 5, "price": str(self._symbol(call).price), "closeTime": call.now_ms}

    def _klines(self, call: Call) -> object:
        symbol, step = self._symbol(call), _interval_ms(call.need("interval"))
        last = min(call.number("endTime", call.now_ms), call.now_ms) // step * step
        count = _limit(call, "klines")
        first = last - (count - 1) * step
        if "startTime" in call.params:
            first = -(-call.number("startTime", 0) // step) * step
        times = range(first, min(last, first + (count - 1) * step) + 1, step)
        return [_candle(symbol, opened, step) for opened in times]


def _candle(symbol: Symbol, opened: int, step: int) -> list[object]:
    low, high = str(symbol.bid), str(symbol.ask)
    price, volume = str(symbol.price), "10.00000000"
    paid = str(symbol.price * 10)
    return [opened, price, high, low, price, volume, opened + step - 1, paid, 10, volume, paid, "0"]


def _interval_ms(text: str) -> int:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise ExchangeError(400, -1120, "Invalid interval.")
    return int(found["count"]) * _UNITS_MS[found["unit"]]


def _limit(call: Call, kind: str) -> int:
    return min(call.number("limit", _LIMITS[kind]), 1500)
