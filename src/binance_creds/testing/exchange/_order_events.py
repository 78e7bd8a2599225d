"""The events of a spot or margin order, made from the answer that its request got.

Source: binance-spot-api-docs a5e0bc3d, user-data-stream.md (Account Update, Order Update).
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from binance_creds.testing.exchange._incoming import Incoming
    from binance_creds.testing.exchange._user_streams import Event, Product

    Order = Mapping[str, object]

__all__ = ["OrderEvents"]

_ENDPOINT: Final = re.compile(
    r"/(?P<product>api/v3|sapi/v1/margin)/(order|openOrders|order/cancelReplace)"
)
_ZERO: Final = "0.00000000"


class OrderEvents:
    """Make the events of orders. Threads may share it.

    Args:
        stamp: a time in milliseconds that no other event has.
        balances: the balances of an account, as `GET /api/v3/account` answers them.
    """

    def __init__(
        self,
        stamp: Callable[[], int],
        balances: Callable[[str], list[dict[str, str]]],
    ) -> None:
        self._stamp: Final = stamp
        self._balances: Final = balances
        self._executions: Final = count(1)

    def of(
        self, incoming: Incoming, account: str, answer: object
    ) -> Iterator[tuple[Event, Product]]:
        """Return the events of a request that was answered, in order."""
        endpoint = _ENDPOINT.fullmatch(incoming.path)
        if endpoint is None or incoming.method == "GET":
            return
        product: Product = "spot" if endpoint["product"] == "api/v3" else "margin"
        for order in _orders_in(answer):
            for execution in _executions_of(order):
                yield self._report(order, execution), product
            yield self._position(account, order), product

    def _report(self, order: Order, execution: str) -> Event:
        now = self._stamp()
        is_trade = execution == "TRADE"
        quantity = order.get("executedQty", _ZERO) if is_trade else _ZERO
        return {
            "e": "executionReport",
            "E": now,
            "s": order["symbol"],
            "c": order.get("clientOrderId", ""),
            "S": order.get("side", "BUY"),
            "o": order.get("type", "LIMIT"),
            "f": order.get("timeInForce", "GTC"),
            "q": order.get("origQty", _ZERO),
            "p": order.get("price", _ZERO),
            "P": order.get("stopPrice", _ZERO),
            "F": order.get("icebergQty", _ZERO),
            "g": order.get("orderListId", -1),
            "C": order.get("origClientOrderId", ""),
            "x": execution,
            "X": "NEW" if execution == "NEW" else order.get("status", "NEW"),
            "r": "NONE",
            "i": order["orderId"],
            "l": quantity,
            "z": quantity,
            "L": order.get("price", _ZERO) if is_trade else _ZERO,
            "n": "0",
            "N": None,
            "T": order.get("transactTime", now),
            "t": order["orderId"] if is_trade else -1,
            "I": next(self._executions),
            "w": execution == "NEW",
            "m": False,
            "M": False,
            "O": order.get("transactTime", now),
            "Z": order.get("cummulativeQuoteQty", _ZERO) if is_trade else _ZERO,
            "Y": order.get("cummulativeQuoteQty", _ZERO) if is_trade else _ZERO,
            "Q": order.get("origQuoteOrderQty", _ZERO),
            "V": order.get("selfTradePreventionMode", "NONE"),
        }

    def _position(self, account: str, order: Order) -> Event:
        now = self._stamp()
        symbol = str(order["symbol"])
        return {
            "e": "outboundAccountPosition",
            "E": now,
            "u": now,
            "B": [
                {"a": each["asset"], "f": each["free"], "l": each["locked"]}
                for each in self._balances(account)
                if symbol.startswith(each["asset"]) or symbol.endswith(each["asset"])
            ],
        }


def _orders_in(answer: object) -> Iterator[Order]:
    if isinstance(answer, list):
        for each in answer:
            yield from _orders_in(each)
    elif isinstance(answer, dict) and "orderId" in answer:
        yield answer
    elif isinstance(answer, dict):
        yield from _orders_in([answer.get("cancelResponse"), answer.get("newOrderResponse")])


def _executions_of(order: Order) -> Iterator[str]:
    status = order.get("status", "NEW")
    if status in {"CANCELED", "EXPIRED"}:
        yield str(status)
        return
    yield "NEW"
    if status in {"FILLED", "PARTIALLY_FILLED"}:
        yield "TRADE"
