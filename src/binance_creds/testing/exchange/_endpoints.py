"""The endpoints of the local exchange and the shapes of their answers.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (General, Trading, Account endpoints), and
developers.binance.com, Wallet, "Get API Key Permission".
"""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._errors import ExchangeError, mandatory, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds.testing.exchange._keys import RegisteredKey

    Params = Mapping[str, str]
    Answer = dict[str, object]
    Endpoint = Callable[[RegisteredKey, Params], Answer]

__all__ = ["Endpoints"]

_ORDER_FIELDS: Final = ("symbol", "side", "type")


class Endpoints:
    """The private endpoints, each a function of the key and the parameters."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _orders
        self._orders: dict[int, Answer] = {}
        self._order_ids = count(1)
        self.table: Final[dict[tuple[str, str], Endpoint]] = {
            ("GET", "/api/v3/account"): self._account,
            ("POST", "/api/v3/order/test"): self._test_order,
            ("POST", "/api/v3/order"): self._place_order,
            ("GET", "/api/v3/order"): self._query_order,
            ("DELETE", "/api/v3/order"): self._cancel_order,
            ("GET", "/sapi/v1/account/apiRestrictions"): self._restrictions,
        }

    def balances(self, account: str) -> list[dict[str, str]]:
        """Return the balances of an account; they do not change."""
        return [
            {"asset": "BTC", "free": "1.00000000", "locked": "0.00000000"},
            {"asset": "USDT", "free": "10000.00000000", "locked": "0.00000000"},
        ]

    def _account(self, key: RegisteredKey, params: Params) -> Answer:
        _require(key, "enableReading")
        return {
            "makerCommission": 10,
            "takerCommission": 10,
            "buyerCommission": 0,
            "sellerCommission": 0,
            "canTrade": key.permissions["enableSpotAndMarginTrading"],
            "canWithdraw": key.permissions["enableWithdrawals"],
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": int(time.time() * 1000),
            "accountType": "SPOT",
            "balances": self.balances(key.account),
            "permissions": ["SPOT"],
            "uid": 354937868,
        }

    def _test_order(self, key: RegisteredKey, params: Params) -> Answer:
        _check_order(key, params)
        return {}

    def _place_order(self, key: RegisteredKey, params: Params) -> Answer:
        _check_order(key, params)
        order_id = next(self._order_ids)
        order: Answer = {
            "symbol": params["symbol"],
            "orderId": order_id,
            "orderListId": -1,
            "clientOrderId": params.get("newClientOrderId", f"order{order_id}"),
            "transactTime": int(time.time() * 1000),
            "price": params.get("price", "0.00000000"),
            "origQty": params.get("quantity", "0.00000000"),
            "executedQty": "0.00000000",
            "status": "NEW",
            "timeInForce": params.get("timeInForce", "GTC"),
            "type": params["type"],
            "side": params["side"],
        }
        with self._lock:
            self._orders[order_id] = order
        return order

    def _query_order(self, key: RegisteredKey, params: Params) -> Answer:
        _require(key, "enableReading")
        return self._find_order(params)

    def _cancel_order(self, key: RegisteredKey, params: Params) -> Answer:
        _require(key, "enableSpotAndMarginTrading")
        order = self._find_order(params)
        with self._lock:
            order["status"] = "CANCELED"
        return order

    def _find_order(self, params: Params) -> Answer:
        if "symbol" not in params:
            raise mandatory("symbol")
        wanted = params.get("orderId"), params.get("origClientOrderId")
        with self._lock:
            for order in self._orders.values():
                names = str(order["orderId"]), order["clientOrderId"]
                if order["symbol"] == params["symbol"] and (
                    names[0] == wanted[0] or names[1] == wanted[1]
                ):
                    return order
        raise ExchangeError(400, -2013, "Order does not exist.")

    def _restrictions(self, key: RegisteredKey, params: Params) -> Answer:
        return {
            "ipRestrict": bool(key.ip_list),
            "createTime": int(key.created_at.timestamp() * 1000),
            **key.permissions,
        }


def _check_order(key: RegisteredKey, params: Params) -> None:
    for name in _ORDER_FIELDS:
        if not params.get(name):
            raise mandatory(name)
    _require(key, "enableSpotAndMarginTrading")


def _require(key: RegisteredKey, permission: str) -> None:
    if not key.permissions[permission]:
        raise refused()
