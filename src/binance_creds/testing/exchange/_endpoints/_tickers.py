"""Tickers of a symbol, in the words of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._symbols import Product, Symbol

    Answer = dict[str, object]

__all__ = ["book_ticker", "day_ticker", "price_ticker"]

_DAY_MS: Final = 86_400_000
_VOLUME: Final = "1000.00000000"


def day_ticker(symbol: Symbol, product: Product, now_ms: int) -> Answer:
    """Return the statistics of the last 24 hours."""
    price = str(symbol.price)
    answer: Answer = {
        "symbol": symbol.name,
        "priceChange": "0.00000000",
        "priceChangePercent": "0.000",
        "weightedAvgPrice": price,
        "lastPrice": price,
        "lastQty": "1.00000000",
        "openPrice": price,
        "highPrice": str(symbol.ask),
        "lowPrice": str(symbol.bid),
        "volume": _VOLUME,
        "openTime": now_ms - _DAY_MS,
        "closeTime": now_ms,
        "firstId": 1,
        "lastId": 1000,
        "count": 1000,
    }
    if product == "cm":
        return answer | {"pair": symbol.pair, "baseVolume": _VOLUME}
    answer["quoteVolume"] = f"{symbol.price * 1000}"
    if product == "um":
        return answer
    return answer | _best(symbol) | {"prevClosePrice": price}


def price_ticker(symbol: Symbol, product: Product, now_ms: int) -> Answer:
    """Return the price of the last trade."""
    return _named(symbol, product, now_ms) | {"price": str(symbol.price)}


def book_ticker(symbol: Symbol, product: Product, now_ms: int) -> Answer:
    """Return the best price of each side."""
    return _named(symbol, product, now_ms) | _best(symbol)


def _named(symbol: Symbol, product: Product, now_ms: int) -> Answer:
    answer: Answer = {"symbol": symbol.name}
    if product == "cm":
        answer["ps"] = answer["pair"] = symbol.pair
    return answer if product == "spot" else answer | {"time": now_ms}


def _best(symbol: Symbol) -> Answer:
    return {
        "bidPrice": str(symbol.bid),
        "bidQty": "10.00000000",
        "askPrice": str(symbol.ask),
        "askQty": "10.00000000",
    }
