"""What may be traded: `exchangeInfo` of spot and futures, with the filters of each symbol.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Exchange information) and filters.md;
developers.binance.com, USD-M and COIN-M futures, Exchange Information.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._filters import (
    common_filters,
    futures_filters,
    spot_filters,
)
from binance_creds.testing.exchange._endpoints._routes import Route, Security
from binance_creds.testing.exchange._endpoints._symbols import SYMBOLS
from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from decimal import Decimal

    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product, Symbol

    Answer = dict[str, object]

__all__ = ["exchange_info_routes", "wanted_symbols"]

_PARAMS: Final = ("symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus")
_ONBOARDED_MS: Final = 1569398400000
_NEVER_MS: Final = 4133404800000  # the delivery date of perpetual contracts
_SPOT_TYPES: Final = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)
_FUTURES_TYPES: Final = (
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)


def exchange_info_routes() -> Routes:
    """Return the endpoint of each family."""
    return {
        ("GET", "/api/v3/exchangeInfo"): Route(_spot_info, Security.PUBLIC, allowed=_PARAMS),
        ("GET", "/fapi/v1/exchangeInfo"): Route(partial(_futures_info, "um"), Security.PUBLIC),
        ("GET", "/dapi/v1/exchangeInfo"): Route(partial(_futures_info, "cm"), Security.PUBLIC),
    }


def wanted_symbols(call: Call, product: Product) -> list[Symbol]:
    """Return the symbols that a request names, or all.

    Raises:
        ExchangeError: -1121, one is not listed.
    """
    listed = SYMBOLS[product]
    names = [call.params["symbol"]] if "symbol" in call.params else list(listed)
    if "symbols" in call.params:
        names = [str(name) for name in call.listed("symbols")]
    if not set(names) <= set(listed):
        raise ExchangeError(400, -1121, "Invalid symbol.")
    return [listed[name] for name in names]


def _spot_info(call: Call) -> object:
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, 6000),
            _limit("ORDERS", "SECOND", 10, 100),
            _limit("ORDERS", "DAY", 1, 200000),
            _limit("RAW_REQUESTS", "MINUTE", 5, 61000),
        ],
        "exchangeFilters": [],
        "symbols": [_spot_symbol(symbol) for symbol in wanted_symbols(call, "spot")],
    }


def _futures_info(product: Product, call: Call) -> object:
    describe = _um_symbol if product == "um" else _cm_symbol
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "futuresType": "U_MARGINED" if product == "um" else "COIN_MARGINED",
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, 2400),
            _limit("ORDERS", "MINUTE", 1, 1200),
        ],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [describe(symbol) for symbol in SYMBOLS[product].values()],
    }


def _limit(kind: str, interval: str, number: int, limit: int) -> Answer:
    return {
        "rateLimitType": kind,
        "interval": interval,
        "intervalNum": number,
        "limit": limit,
    }


def _spot_symbol(symbol: Symbol) -> Answer:
    return {
        "symbol": symbol.name,
        "status": "TRADING",
        "baseAsset": symbol.base,
        "baseAssetPrecision": 8,
        "quoteAsset": symbol.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(_SPOT_TYPES),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [*common_filters(symbol), *spot_filters()],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def _um_symbol(symbol: Symbol) -> Answer:
    return {
        **_contract(symbol, symbol.quote),
        "status": "TRADING",
        "filters": [
            *common_filters(symbol),
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
            *futures_filters(),
        ],
    }


def _cm_symbol(symbol: Symbol) -> Answer:
    return {
        **_contract(symbol, symbol.base),
        "contractStatus": "TRADING",
        "contractSize": symbol.contract_size,
        "equalQtyPrecision": 4,
        "filters": [*common_filters(symbol), *futures_filters()],
    }


def _contract(symbol: Symbol, margin_asset: str) -> Answer:
    return {
        "symbol": symbol.name,
        "pair": symbol.pair,
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER_MS,
        "onboardDate": _ONBOARDED_MS,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": symbol.base,
        "quoteAsset": symbol.quote,
        "marginAsset": margin_asset,
        "pricePrecision": _decimals(symbol.tick),
        "quantityPrecision": _decimals(symbol.step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.015000",
        "marketTakeBound": "0.05",
        "orderTypes": list(_FUTURES_TYPES),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def _decimals(step: Decimal) -> int:
    return max(0, -int(step.as_tuple().exponent))
