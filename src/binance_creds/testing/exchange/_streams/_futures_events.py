"""The events of an order of futures.

Source: developers.binance.com, USD-M and COIN-M futures, User Data Streams (Order Update, Balance
and Position Update).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._accounts import Position
from binance_creds.testing.exchange._endpoints._symbols import symbol_of

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._order import Order, OrderUpdate
    from binance_creds.testing.exchange._streams._user_streams import Event

__all__ = ["account_update", "trade_update"]


def trade_update(update: OrderUpdate, now_ms: int) -> Event:
    """Return what has happened to an order: `ORDER_TRADE_UPDATE`."""
    order, trade = update.order, update.trade
    return {
        "e": "ORDER_TRADE_UPDATE",
        "E": now_ms,
        "T": order.updated_ms,
        "o": {
            "s": order.symbol,
            "c": order.client_order_id,
            "S": order.params["side"],
            "o": order.params["type"],
            "f": order.params.get("timeInForce", "GTC"),
            "q": str(order.quantity),
            "p": str(order.price),
            "ap": str(trade.price if trade else Decimal(0)),
            "sp": order.params.get("stopPrice", "0"),
            "x": update.execution,
            "X": order.status,
            "i": order.order_id,
            "l": str(trade.quantity if trade else Decimal(0)),
            "z": str(order.filled),
            "L": str(trade.price if trade else Decimal(0)),
            "N": symbol_of(order.product, order.symbol).quote,
            "n": "0",
            "T": order.updated_ms,
            "t": trade.number if trade else 0,
            "b": "0",
            "a": "0",
            "m": bool(trade and trade.is_maker),
            "R": order.params.get("reduceOnly") == "true",
            "wt": "CONTRACT_PRICE",
            "ot": order.params["type"],
            "ps": order.params.get("positionSide", "BOTH"),
            "cp": False,
            "rp": "0",
        },
    }


def account_update(order: Order, now_ms: int, accounts: Accounts) -> Event:
    """Return the balances and the position after a trade: `ACCOUNT_UPDATE`."""
    positions = accounts.positions(order.account, order.product)
    position = positions.get(order.symbol, Position())
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now_ms,
        "T": order.updated_ms,
        "a": {
            "m": "ORDER",
            "B": [
                {"a": asset, "wb": str(balance.free), "cw": str(balance.free), "bc": "0"}
                for asset, balance in accounts.balances(order.account, order.product).items()
            ],
            "P": [
                {
                    "s": order.symbol,
                    "pa": str(position.amount),
                    "ep": str(position.entry),
                    "cr": "0",
                    "up": "0",
                    "mt": "cross",
                    "iw": "0",
                    "ps": "BOTH",
                }
            ],
        },
    }
