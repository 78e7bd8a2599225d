"""Orders and trades as the spot and margin endpoints answer them.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (New order, Query order, Cancel order, Account
trade list).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from binance_creds.testing.exchange._endpoints._order import Order, Trade
    from binance_creds.testing.exchange._endpoints._symbols import Symbol

    Answer = dict[str, object]

__all__ = ["amount", "cancelled", "placed", "queried", "traded"]


def amount(value: Decimal) -> str:
    """Return a number with eight decimals."""
    return f"{value:.8f}"


def placed(order: Order, params: Mapping[str, str]) -> Answer:
    """Return the answer to a new order, as long as `newOrderRespType` wants it."""
    kind = order.params["type"]
    wanted = params.get("newOrderRespType", "FULL" if kind in {"MARKET", "LIMIT"} else "ACK")
    answer: Answer = {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.client_order_id,
        "transactTime": order.updated_ms,
    }
    if wanted != "ACK":
        answer |= _result(order)
    return answer | {"fills": _fills(order)} if wanted == "FULL" else answer


def queried(order: Order) -> Answer:
    """Return an order as queries answer it."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.client_order_id,
        **_result(order),
        "stopPrice": order.params.get("stopPrice", amount(order.paid * 0)),
        "icebergQty": order.params.get("icebergQty", amount(order.paid * 0)),
        "time": order.placed_ms,
        "updateTime": order.updated_ms,
        "isWorking": True,
    }


def cancelled(order: Order, params: Mapping[str, str]) -> Answer:
    """Return the answer to a cancellation, which has a client order id of its own."""
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.client_order_id,
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": params.get("newClientOrderId", f"cancel{order.order_id}"),
        "transactTime": order.updated_ms,
        **_result(order),
    }


def traded(order: Order, trade: Trade, symbol: Symbol) -> Answer:
    """Return a trade of an account."""
    return {
        "symbol": order.symbol,
        "id": trade.number,
        "orderId": order.order_id,
        "orderListId": -1,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(trade.price * trade.quantity),
        "commission": "0.00000000",
        "commissionAsset": symbol.base if order.is_buy else symbol.quote,
        "time": trade.time_ms,
        "isBuyer": order.is_buy,
        "isMaker": trade.is_maker,
        "isBestMatch": True,
    }


def _result(order: Order) -> Answer:
    return {
        "price": amount(order.price),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": order.params.get("quoteOrderQty", "0.00000000"),
        "cummulativeQuoteQty": amount(order.paid),
        "status": order.status,
        "timeInForce": order.params.get("timeInForce", "GTC"),
        "type": order.params["type"],
        "side": order.params["side"],
        "workingTime": order.placed_ms,
        "selfTradePreventionMode": "NONE",
    }


def _fills(order: Order) -> list[Answer]:
    if not order.filled:
        return []
    return [
        {
            "price": amount(order.paid / order.filled),
            "qty": amount(order.filled),
            "commission": "0.00000000",
            "commissionAsset": "BNB",
            "tradeId": order.trade_id,
        }
    ]
