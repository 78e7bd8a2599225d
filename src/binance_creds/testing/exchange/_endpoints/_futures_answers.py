"""Orders and trades as the futures endpoints answer them.

Source: developers.binance.com, USD-M and COIN-M futures, New Order, Query Order, Account Trade
List.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._symbols import symbol_of

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._order import Order, Trade

    Answer = dict[str, object]

__all__ = ["described", "placed", "traded"]


def placed(order: Order) -> Answer:
    """Return the answer to a new order; only `newOrderRespType=RESULT` tells of a fill."""
    if order.params.get("newOrderRespType") == "RESULT":
        return described(order)
    return described(replace(order, status="NEW", filled=Decimal(0), paid=Decimal(0)))


def described(order: Order) -> Answer:
    """Return an order as queries and cancellations answer it."""
    answer: Answer = {
        "clientOrderId": order.client_order_id,
        "cumQty": f"{order.filled:f}",
        "executedQty": f"{order.filled:f}",
        "orderId": order.order_id,
        "avgPrice": f"{order.paid / order.filled if order.filled else 0:.5f}",
        "origQty": f"{order.quantity:f}",
        "price": f"{order.price:f}",
        "reduceOnly": order.params.get("reduceOnly", "false").lower() == "true",
        "side": order.params["side"],
        "positionSide": order.params.get("positionSide", "BOTH"),
        "status": order.status,
        "stopPrice": order.params.get("stopPrice", "0"),
        "closePosition": order.params.get("closePosition", "false").lower() == "true",
        "symbol": order.symbol,
        "timeInForce": order.params.get("timeInForce", "GTC"),
        "type": order.params["type"],
        "origType": order.params["type"],
        "time": order.placed_ms,
        "updateTime": order.updated_ms,
        "workingType": order.params.get("workingType", "CONTRACT_PRICE"),
        "priceProtect": False,
    }
    if order.product == "cm":
        return answer | {"pair": _pair(order), "cumBase": f"{_base(order.filled, order):.8f}"}
    return answer | {
        "cumQuote": f"{order.paid:f}",
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
    }


def traded(order: Order, trade: Trade) -> Answer:
    """Return a trade of an account."""
    answer: Answer = {
        "symbol": order.symbol,
        "id": trade.number,
        "orderId": order.order_id,
        "side": order.params["side"],
        "price": f"{trade.price:f}",
        "qty": f"{trade.quantity:f}",
        "realizedPnl": "0",
        "commission": "0",
        "time": trade.time_ms,
        "positionSide": order.params.get("positionSide", "BOTH"),
        "buyer": order.is_buy,
        "maker": trade.is_maker,
    }
    symbol = symbol_of(order.product, order.symbol)
    if order.product == "cm":
        base = f"{_base(trade.quantity, order):.8f}"
        return answer | {
            "pair": symbol.pair,
            "marginAsset": symbol.base,
            "baseQty": base,
            "commissionAsset": symbol.base,
        }
    paid = f"{trade.price * trade.quantity:f}"
    return answer | {"quoteQty": paid, "commissionAsset": symbol.quote}


def _pair(order: Order) -> str:
    return symbol_of(order.product, order.symbol).pair


def _base(contracts: Decimal, order: Order) -> Decimal:
    """Return contracts in the base asset; a contract is worth a fixed sum of the quote asset."""
    symbol = symbol_of(order.product, order.symbol)
    return contracts * symbol.contract_size / symbol.price
