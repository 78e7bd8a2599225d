"""The trading endpoints of futures.

Source: developers.binance.com, USD-M and COIN-M futures, Trade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._futures_answers import described, placed, traded
from binance_creds.testing.exchange._endpoints._order import check_order
from binance_creds.testing.exchange._endpoints._routes import Route
from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._order_book import OrderBook
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product

__all__ = ["futures_order_routes"]

_LISTS: Final = {"orderId": "orderidlist", "origClientOrderId": "origclientorderidlist"}


def futures_order_routes(book: OrderBook) -> Routes:
    """Return the endpoints of `/fapi/v1` and `/dapi/v1`."""
    return {
        **_Trading(book, "um").routes("/fapi/v1"),
        **_Trading(book, "cm").routes("/dapi/v1"),
    }


class _Trading:
    """The endpoints that both kinds of futures have alike."""

    def __init__(self, book: OrderBook, product: Product) -> None:
        self._book: Final = book
        self._product: Final[Product] = product

    def routes(self, root: str) -> Routes:
        table: dict[tuple[str, str], Callable[[Call], object]] = {
            ("POST", "order"): self._place,
            ("PUT", "order"): self._amend,
            ("GET", "order"): self._query,
            ("DELETE", "order"): self._cancel,
            ("POST", "order/test"): self._test,
            ("POST", "batchOrders"): self._place_batch,
            ("DELETE", "batchOrders"): self._cancel_batch,
            ("DELETE", "allOpenOrders"): self._cancel_all,
            ("GET", "openOrder"): self._query,
            ("GET", "openOrders"): self._open,
            ("GET", "allOrders"): self._all,
            ("GET", "userTrades"): self._trades,
        }
        return {
            (method, f"{root}/{name}"): Route(answer, permission="enableFutures")
            for (method, name), answer in table.items()
        }

    def _place(self, call: Call) -> object:
        return placed(self._book.place(call, self._product))

    def _amend(self, call: Call) -> object:
        for name in ("quantity", "price"):
            call.need(name)
        return described(self._book.amend(call, self._product))

    def _query(self, call: Call) -> object:
        return described(self._book.query(call, self._product))

    def _cancel(self, call: Call) -> object:
        return described(self._book.cancel(call, self._product))

    def _test(self, call: Call) -> object:
        check_order(call.params, self._product)
        return {}

    def _place_batch(self, call: Call) -> object:
        call.need("batchOrders")
        return [self._one(self._place, call, order) for order in call.listed("batchOrders")]

    def _cancel_batch(self, call: Call) -> object:
        symbol = call.need("symbol")
        small = call._replace(params={n.lower(): text for n, text in call.params.items()})
        wanted: list[object] = [
            {"symbol": symbol, wanted: one}
            for wanted, name in _LISTS.items()
            for one in small.listed(name)
        ]
        return [self._one(self._cancel, call, each) for each in wanted]

    def _one(self, act: Callable[[Call], object], call: Call, params: object) -> object:
        """Answer a part of a batch, which fails alone."""
        pairs = params.items() if isinstance(params, dict) else ()
        texts = {str(name): str(value) for name, value in pairs}
        try:
            return act(call._replace(params=texts))
        except ExchangeError as error:
            return {"code": error.code, "msg": error.message}

    def _cancel_all(self, call: Call) -> object:
        call.need("symbol")
        self._book.cancel_all(call, self._product)
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    def _open(self, call: Call) -> object:
        return [described(o) for o in self._book.listed(call, self._product) if o.is_open]

    def _all(self, call: Call) -> object:
        return [described(order) for order in self._book.listed(call, self._product)]

    def _trades(self, call: Call) -> object:
        wanted = call.params.get("orderId")
        return [
            traded(order, trade)
            for order, trade in self._book.trades(call, self._product)
            if wanted in {None, str(order.order_id)}
        ]
