"""Trading and account endpoints of spot and margin.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Trading, Account endpoints);
developers.binance.com, Margin Trading, Trade.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._order import check_order
from binance_creds.testing.exchange._endpoints._routes import Route
from binance_creds.testing.exchange._endpoints._spot_answers import (
    amount,
    cancelled,
    placed,
    queried,
    traded,
)
from binance_creds.testing.exchange._endpoints._symbols import symbol_of
from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._order_book import OrderBook
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product

__all__ = ["spot_routes"]

_TRADE: Final = "enableSpotAndMarginTrading"


def spot_routes(book: OrderBook, accounts: Accounts) -> Routes:
    """Return the endpoints of `/api/v3` and `/sapi/v1/margin`."""
    spot, margin = _Trading(book, "spot"), _Trading(book, "margin")
    return {
        **spot.routes("/api/v3"),
        **margin.routes("/sapi/v1/margin"),
        ("POST", "/api/v3/order/test"): Route(_test, permission=_TRADE),
        ("GET", "/api/v3/openOrderList"): Route(lambda _: []),
        ("GET", "/api/v3/allOrderList"): Route(lambda _: []),
        ("GET", "/api/v3/myPreventedMatches"): Route(lambda _: []),
        ("GET", "/api/v3/account/commission"): Route(_commission),
        ("GET", "/api/v3/rateLimit/order"): Route(_order_counts),
        ("GET", "/api/v3/account"): Route(partial(_account, accounts)),
        ("GET", "/sapi/v1/margin/account"): Route(partial(_margin_account, accounts)),
    }


class _Trading:
    """The endpoints of orders, which spot and margin have alike."""

    def __init__(self, book: OrderBook, product: Product) -> None:
        self._book: Final = book
        self._product: Final[Product] = product

    def routes(self, root: str) -> Routes:
        trades: dict[tuple[str, str], Callable[[Call], object]] = {
            ("POST", f"{root}/order"): self._place,
            ("DELETE", f"{root}/order"): self._cancel,
            ("DELETE", f"{root}/openOrders"): self._cancel_all,
        }
        reads: dict[tuple[str, str], Callable[[Call], object]] = {
            ("GET", f"{root}/order"): self._query,
            ("GET", f"{root}/openOrders"): self._open,
            ("GET", f"{root}/allOrders"): self._all,
            ("GET", f"{root}/myTrades"): self._trades,
        }
        return {name: Route(each, permission=_TRADE) for name, each in trades.items()} | {
            name: Route(each) for name, each in reads.items()
        }

    def _place(self, call: Call) -> object:
        return placed(self._book.place(call, self._product), call.params)

    def _cancel(self, call: Call) -> object:
        return cancelled(self._book.cancel(call, self._product), call.params)

    def _cancel_all(self, call: Call) -> object:
        call.need("symbol")
        orders = self._book.cancel_all(call, self._product)
        if not orders:
            raise ExchangeError(400, -2011, "Unknown order sent.")
        return [cancelled(order, {}) for order in orders]

    def _query(self, call: Call) -> object:
        return queried(self._book.query(call, self._product))

    def _open(self, call: Call) -> object:
        return [queried(o) for o in self._book.listed(call, self._product) if o.is_open]

    def _all(self, call: Call) -> object:
        call.need("symbol")
        return [queried(order) for order in self._book.listed(call, self._product)]

    def _trades(self, call: Call) -> object:
        symbol = symbol_of(self._product, call.need("symbol"))
        trades = self._book.trades(call, self._product)
        wanted = call.params.get("orderId")
        return [
            traded(order, trade, symbol)
            for order, trade in trades
            if wanted in {None, str(order.order_id)}
        ]


def _test(call: Call) -> object:
    check_order(call.params, "spot")
    return {}


def _account(accounts: Accounts, call: Call) -> object:
    permissions = call.caller.permissions
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000"),
        "canTrade": permissions["enableSpotAndMarginTrading"],
        "canWithdraw": permissions["enableWithdrawals"],
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.now_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount(balance.free), "locked": amount(balance.locked)}
            for asset, balance in accounts.balances(call.account, "spot").items()
        ],
        "permissions": ["SPOT"],
        "uid": 354937868,
    }


def _commission(call: Call) -> object:
    rates = dict.fromkeys(("maker", "taker", "buyer", "seller"), "0.00000000")
    return {
        "symbol": call.need("symbol"),
        "standardCommission": rates,
        "specialCommission": rates,
        "taxCommission": rates,
        "discount": {"enabledForAccount": False, "enabledForSymbol": False},
    }


def _order_counts(_: Call) -> object:
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": interval,
            "intervalNum": number,
            "limit": limit,
            "count": 0,
        }
        for interval, number, limit in (("SECOND", 10, 100), ("DAY", 1, 200000))
    ]


def _margin_account(accounts: Accounts, call: Call) -> object:
    return {
        "created": True,
        "borrowEnabled": True,
        "marginLevel": "999.00000000",
        "collateralMarginLevel": "999.00000000",
        "totalAssetOfBtc": "0.00000000",
        "totalLiabilityOfBtc": "0.00000000",
        "totalNetAssetOfBtc": "0.00000000",
        "tradeEnabled": True,
        "transferInEnabled": True,
        "transferOutEnabled": True,
        "accountType": "MARGIN_1",
        "userAssets": [
            {
                "asset": asset,
                "borrowed": "0.00000000",
                "free": amount(balance.free),
                "interest": "0.00000000",
                "locked": amount(balance.locked),
                "netAsset": amount(balance.free + balance.locked),
            }
            for asset, balance in accounts.balances(call.account, "margin").items()
        ],
    }
