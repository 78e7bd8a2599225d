"""The events of a spot or margin order.

Source: binance-spot-api-docs a5e0bc3d, user-data-stream.md (Account Update, Order Update).
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._spot_answers import amount
from binance_creds.testing.exchange._endpoints._symbols import symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._order import OrderUpdate
    from binance_creds.testing.exchange._user_streams import Event

__all__ = ["OrderEvents"]

_ZERO: Final = "0.00000000"


class OrderEvents:
    """Make the events of orders. Threads may share it.

    Args:
        stamp: a time in milliseconds that no other event has.
        accounts: what the accounts own.
    """

    def __init__(self, stamp: Callable[[], int], accounts: Accounts) -> None:
        self._stamp: Final = stamp
        self._accounts: Final = accounts
        self._executions: Final = count(1)

    def of(self, update: OrderUpdate) -> Iterator[Event]:
        """Return the events of what has happened to an order, in order."""
        if update.order.product in {"spot", "margin"}:
            yield self._report(update)
            yield self._position(update)

    def _report(self, update: OrderUpdate) -> Event:
        order, trade = update.order, update.trade
        now = self._stamp()
        return {
            "e": "executionReport",
            "E": now,
            "s": order.symbol,
            "c": update.cancel_id or order.client_order_id,
            "S": order.params["side"],
            "o": order.params["type"],
            "f": order.params.get("timeInForce", "GTC"),
            "q": amount(order.quantity),
            "p": amount(order.price),
            "P": order.params.get("stopPrice", _ZERO),
            "F": order.params.get("icebergQty", _ZERO),
            "g": -1,
            "C": order.client_order_id if update.cancel_id else "",
            "x": update.execution,
            "X": order.status,
            "r": "NONE",
            "i": order.order_id,
            "l": amount(trade.quantity) if trade else _ZERO,
            "z": amount(order.filled),
            "L": amount(trade.price) if trade else _ZERO,
            "n": "0",
            "N": None,
            "T": order.updated_ms,
            "t": trade.number if trade else -1,
            "I": next(self._executions),
            "w": order.is_open,
            "m": trade.is_maker if trade else False,
            "M": False,
            "O": order.placed_ms,
            "Z": amount(order.paid),
            "Y": amount(order.paid),
            "Q": order.params.get("quoteOrderQty", _ZERO),
            "V": "NONE",
        }

    def _position(self, update: OrderUpdate) -> Event:
        now = self._stamp()
        order = update.order
        symbol = symbol_of(order.product, order.symbol)
        balances = self._accounts.balances(order.account, order.product)
        return {
            "e": "outboundAccountPosition",
            "E": now,
            "u": now,
            "B": [
                {"a": asset, "f": amount(balance.free), "l": amount(balance.locked)}
                for asset, balance in balances.items()
                if asset in {symbol.base, symbol.quote}
            ],
        }
