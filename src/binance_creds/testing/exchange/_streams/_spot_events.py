"""The events of an order of spot or margin.

Source: binance-spot-api-docs a5e0bc3d, user-data-stream.md (Account Update, Order Update).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._symbols import symbol_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.testing.exchange._endpoints._accounts import Balance
    from binance_creds.testing.exchange._endpoints._order import Order, OrderUpdate
    from binance_creds.testing.exchange._streams._user_streams import Event

__all__ = ["account_position", "execution_report"]

_ZERO: Final = "0.00000000"


def execution_report(update: OrderUpdate, now_ms: int, number: int) -> Event:
    """Return what has happened to an order; `number` is that of the execution."""
    order = update.order
    is_cancelled = update.execution == "CANCELED"
    return {
        "e": "executionReport",
        "E": now_ms,
        "s": order.symbol,
        "c": update.cancel_id if is_cancelled else order.client_order_id,
        "S": order.params["side"],
        "o": order.params["type"],
        "f": order.params.get("timeInForce", "GTC"),
        "q": _amount(order.quantity),
        "p": _amount(order.price),
        "P": order.params.get("stopPrice", _ZERO),
        "F": order.params.get("icebergQty", _ZERO),
        "g": -1,
        "C": order.client_order_id if is_cancelled else "",
        "x": update.execution,
        "X": order.status,
        "r": "NONE",
        "i": order.order_id,
        **_traded(update),
        "T": order.updated_ms,
        "I": number,
        "w": order.is_open,
        "M": False,
        "O": order.placed_ms,
        "W": order.placed_ms,
        "Q": order.params.get("quoteOrderQty", _ZERO),
        "V": "NONE",
    }


def account_position(order: Order, now_ms: int, balances: Mapping[str, Balance]) -> Event:
    """Return what an account has of the two assets of an order."""
    symbol = symbol_of(order.product, order.symbol)
    return {
        "e": "outboundAccountPosition",
        "E": now_ms,
        "u": now_ms,
        "B": [
            {"a": asset, "f": _amount(balances[asset].free), "l": _amount(balances[asset].locked)}
            for asset in (symbol.base, symbol.quote)
            if asset in balances
        ],
    }


def _traded(update: OrderUpdate) -> Event:
    order, trade = update.order, update.trade
    last = trade.quantity if trade else Decimal(0)
    price = trade.price if trade else Decimal(0)
    return {
        "l": _amount(last),
        "z": _amount(order.filled),
        "L": _amount(price),
        "n": "0",
        "N": None,
        "t": trade.number if trade else -1,
        "m": bool(trade and trade.is_maker),
        "Z": _amount(order.paid),
        "Y": _amount(last * price),
    }


def _amount(value: Decimal) -> str:
    return f"{value:.8f}"
