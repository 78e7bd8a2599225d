"""What an order does to the balances and positions of its account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._symbols import symbol_of

if TYPE_CHECKING:
    from decimal import Decimal

    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._order import Order, OrderUpdate, Trade

__all__ = ["settle"]


def settle(accounts: Accounts, update: OrderUpdate) -> None:
    """Lock what a new order may cost, give it back, or move what was traded."""
    order = update.order
    if order.product in {"um", "cm"}:
        if update.trade is not None:
            amount = order.quantity if order.is_buy else -order.quantity
            accounts.trade(order.account, order.product, order.symbol, amount, update.trade.price)
        return
    asset, locked = _locked(order)
    if update.execution == "NEW":
        accounts.move(order.account, order.product, asset, -locked, locked)
    else:
        accounts.move(order.account, order.product, asset, locked, -locked)
    if update.trade is not None:
        _exchange(accounts, order, update.trade)


def _locked(order: Order) -> tuple[str, Decimal]:
    symbol = symbol_of(order.product, order.symbol)
    if order.is_buy:
        return symbol.quote, (order.price or symbol.ask) * order.quantity
    return symbol.base, order.quantity


def _exchange(accounts: Accounts, order: Order, trade: Trade) -> None:
    symbol = symbol_of(order.product, order.symbol)
    got = trade.quantity if order.is_buy else -trade.quantity
    accounts.move(order.account, order.product, symbol.base, got)
    accounts.move(order.account, order.product, symbol.quote, -got * trade.price)
