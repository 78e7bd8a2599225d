"""The orders of all accounts: placed, filled, cancelled, found.

A market order is filled at once. So is a limit order that the best price of the other side meets,
at that price; any other rests until it is cancelled or filled on order.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._order import Order, OrderUpdate, Trade, check_order
from binance_creds.testing.exchange._endpoints._settlement import settle
from binance_creds.testing.exchange._endpoints._symbols import symbol_of
from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._order import Execution
    from binance_creds.testing.exchange._endpoints._routes import Call
    from binance_creds.testing.exchange._endpoints._symbols import Product

    Hear = Callable[[OrderUpdate], None]

__all__ = ["OrderBook"]


class OrderBook:
    """Keep orders and trades. Threads may share it.

    Whoever hears of updates is called in the order in which they happen, under the lock of the
    book: it must not block, and not call the book.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts: Final = accounts
        self._lock: Final = threading.Lock()  # guards all below
        self._orders: dict[int, Order] = {}
        self._open: set[tuple[str, Product, str]] = set()
        self._trades: list[tuple[Order, Trade]] = []
        self._order_ids: Final = count(1)
        self._trade_ids: Final = count(1)
        self._hearing: list[Hear] = []

    def on_update(self, hear: Hear) -> None:
        """Call a function with everything that happens to orders."""
        self._hearing.append(hear)

    def place(self, call: Call, product: Product) -> Order:
        """Place an order, and fill it if the market meets it.

        Raises:
            ExchangeError: it is not well formed; -2010 (futures: -4116), an open order of the
                account has its client order id.
        """
        check_order(call.params, product)
        with self._lock:
            order = self._new(call, product)
            self._check_unused(order)
            self._update(order, "NEW")
            price = _market_price(order)
            if price is not None:
                return self._fill(order, price, call.now_ms)
            if order.params.get("timeInForce") in {"IOC", "FOK"}:
                return self._update(replace(order, status="EXPIRED"), "EXPIRED")
            return order

    def cancel(self, call: Call, product: Product) -> Order:
        """Cancel an open order.

        Raises:
            ExchangeError: -2011, there is none.
        """
        with self._lock:
            order = self._find(call, product)
            if order is None or not order.is_open:
                raise ExchangeError(400, -2011, "Unknown order sent.")
            return self._cancel(order, call)

    def cancel_all(self, call: Call, product: Product) -> list[Order]:
        """Cancel the open orders of an account on a symbol."""
        with self._lock:
            return [self._cancel(order, call) for order in self._listed(call, product)
                    if order.is_open]  # fmt: skip

    def amend(self, call: Call, product: Product) -> Order:
        """Give an open order another price and quantity; nothing is locked for futures.

        Raises:
            ExchangeError: -2013, there is none.
        """
        with self._lock:
            order = self._find(call, product)
            if order is None or not order.is_open:
                raise _missing()
            price, quantity = Decimal(call.params["price"]), Decimal(call.params["quantity"])
            amended = replace(order, price=price, quantity=quantity, updated_ms=call.now_ms)
            return self._update(amended, "AMENDMENT")

    def fill(self, order_id: int, now_ms: int) -> None:
        """Fill an open order at its limit; one that is not open stays as it is.

        Raises:
            KeyError: there is no such order.
        """
        with self._lock:
            order = self._orders[order_id]
            if order.is_open:
                self._fill(order, order.price, now_ms)

    def query(self, call: Call, product: Product) -> Order:
        """Return an order.

        Raises:
            ExchangeError: -2013, there is none.
        """
        with self._lock:
            order = self._find(call, product)
        if order is None:
            raise _missing()
        return order

    def listed(self, call: Call, product: Product) -> list[Order]:
        """Return the orders of an account, the oldest first; of one symbol if one is named."""
        with self._lock:
            return self._listed(call, product)

    def trades(self, call: Call, product: Product) -> list[tuple[Order, Trade]]:
        """Return the trades of an account, the oldest first; of one symbol if one is named."""
        with self._lock:
            return [pair for pair in self._trades if _is_asked(pair[0], call, product)]

    def _new(self, call: Call, product: Product) -> Order:
        params, number = call.params, next(self._order_ids)
        price = Decimal(params.get("price", 0))
        symbol = symbol_of(product, params["symbol"])
        quantity = Decimal(params.get("quantity") or 0)
        if not quantity:
            spent = Decimal(params.get("quoteOrderQty", 0))
            quantity = spent / symbol.price
        name = params.get("newClientOrderId", f"order{number}")
        return Order(number, call.account, product, symbol.name, name, dict(params), price,
                     quantity, call.now_ms, call.now_ms)  # fmt: skip

    def _check_unused(self, order: Order) -> None:
        if order.name in self._open:
            raise (
                ExchangeError(400, -2010, "Duplicate order sent.")
                if order.product in {"spot", "margin"}
                else ExchangeError(400, -4116, "ClientOrderId is duplicated.")
            )

    def _fill(self, order: Order, price: Decimal, now_ms: int) -> Order:
        is_maker = price == order.price
        trade = Trade(
            next(self._trade_ids), order.order_id, price, order.quantity, is_maker, now_ms
        )
        filled = replace(
            order,
            status="FILLED",
            filled=order.quantity,
            paid=price * order.quantity,
            trade_id=trade.number,
            updated_ms=now_ms,
        )
        self._trades.append((filled, trade))
        return self._update(filled, "TRADE", trade)

    def _cancel(self, order: Order, call: Call) -> Order:
        cancelled = replace(order, status="CANCELED", updated_ms=call.now_ms)
        cancel_id = call.params.get("newClientOrderId", f"cancel{order.order_id}")
        return self._update(cancelled, "CANCELED", cancel_id=cancel_id)

    def _update(
        self, order: Order, execution: Execution, trade: Trade | None = None, cancel_id: str = ""
    ) -> Order:
        self._orders[order.order_id] = order
        (self._open.add if order.is_open else self._open.discard)(order.name)
        update = OrderUpdate(order, execution, trade, cancel_id)
        settle(self._accounts, update)
        for hear in list(self._hearing):
            hear(update)
        return order

    def _find(self, call: Call, product: Product) -> Order | None:
        call.need("symbol")
        wanted = call.params.get("orderId"), call.params.get("origClientOrderId")
        if not any(wanted):
            message = (
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
            )
            raise ExchangeError(400, -1102, message)
        for order in reversed(self._orders.values()):
            is_named = wanted[0] == str(order.order_id) or wanted[1] == order.client_order_id
            if is_named and _is_asked(order, call, product):
                return order
        return None

    def _listed(self, call: Call, product: Product) -> list[Order]:
        return [o for o in self._orders.values() if _is_asked(o, call, product)]


def _missing() -> ExchangeError:
    return ExchangeError(400, -2013, "Order does not exist.")


def _is_asked(order: Order, call: Call, product: Product) -> bool:
    symbol = call.params.get("symbol", order.symbol)
    return (order.account, order.product, order.symbol) == (call.account, product, symbol)


def _market_price(order: Order) -> Decimal | None:
    """Return the price at which an order is filled at once, or `None`."""
    symbol = symbol_of(order.product, order.symbol)
    best = symbol.ask if order.is_buy else symbol.bid
    if order.params["type"] == "MARKET":
        return best
    is_met = order.price >= best if order.is_buy else order.price <= best
    return best if order.params["type"] == "LIMIT" and is_met else None
