"""Mark prices and funding of futures, which is nothing.

Source: developers.binance.com, USD-M and COIN-M futures, Market Data (Mark Price, Get Funding Rate
History, Get Funding Rate Info, Open Interest).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._exchange_info import wanted_symbols
from binance_creds.testing.exchange._endpoints._routes import Route, Security

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product, Symbol

    Answer = dict[str, object]

__all__ = ["funding_routes"]

_PERIOD_MS: Final = 8 * 3_600_000


def funding_routes() -> Routes:
    """Return the endpoints of `/fapi/v1` and `/dapi/v1`."""
    return {**_routes("um", "/fapi/v1"), **_routes("cm", "/dapi/v1")}


def _routes(product: Product, root: str) -> Routes:
    def each(call: Call) -> list[Answer]:
        return [_mark(symbol, call.now_ms) for symbol in wanted_symbols(call, product)]

    def marks(call: Call) -> object:
        return each(call)[0] if product == "um" and "symbol" in call.params else each(call)

    def rates(call: Call) -> object:
        return [
            {"symbol": mark["symbol"], "fundingRate": "0.00000000",
             "fundingTime": mark["nextFundingTime"], "markPrice": mark["markPrice"]}
            for mark in each(call)
        ]  # fmt: skip

    def interest(call: Call) -> object:
        return {"openInterest": "10000.000", "symbol": call.need("symbol"), "time": call.now_ms}

    span = ("symbol", "startTime", "endTime", "limit")
    return {
        ("GET", f"{root}/premiumIndex"): Route(marks, Security.PUBLIC, allowed=("symbol", "pair")),
        ("GET", f"{root}/fundingRate"): Route(rates, Security.PUBLIC, allowed=span),
        ("GET", f"{root}/fundingInfo"): Route(lambda _: [], Security.PUBLIC),
        ("GET", f"{root}/openInterest"): Route(interest, Security.PUBLIC, allowed=("symbol",)),
    }


def _mark(symbol: Symbol, now_ms: int) -> Answer:
    price = str(symbol.price)
    return {
        "symbol": symbol.name,
        "pair": symbol.pair,
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": "0.00000000",
        "interestRate": "0.00010000",
        "nextFundingTime": (now_ms // _PERIOD_MS + 1) * _PERIOD_MS,
        "time": now_ms,
    }
