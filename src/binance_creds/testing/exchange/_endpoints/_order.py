"""An order, and what a request for one must say.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (New order) and errors.md;
developers.binance.com, USD-M futures, New Order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from binance_creds.testing.exchange._errors import ExchangeError, illegal, mandatory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.testing.exchange._endpoints._symbols import Product

    Execution = Literal["NEW", "TRADE", "CANCELED", "EXPIRED", "AMENDMENT"]

__all__ = ["Order", "OrderUpdate", "Trade", "check_order"]

_NUMBER: Final = re.compile(r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
_CLIENT_ORDER_ID: Final = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
_NUMBERS: Final = ("quantity", "quoteOrderQty", "price", "stopPrice", "icebergQty")
_SPOT_TYPES: Final = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "MARKET": (),
    "STOP_LOSS": ("quantity", "stopPrice"),
    "STOP_LOSS_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
    "TAKE_PROFIT": ("quantity", "stopPrice"),
    "TAKE_PROFIT_LIMIT": ("timeInForce", "quantity", "price", "stopPrice"),
    "LIMIT_MAKER": ("quantity", "price"),
}
_FUTURES_TYPES: Final = {
    "LIMIT": ("timeInForce", "quantity", "price"),
    "MARKET": ("quantity",),
    "STOP": ("quantity", "price", "stopPrice"),
    "TAKE_PROFIT": ("quantity", "price", "stopPrice"),
    "STOP_MARKET": ("stopPrice",),
    "TAKE_PROFIT_MARKET": ("stopPrice",),
    "TRAILING_STOP_MARKET": ("callbackRate",),
}


class Trade(NamedTuple):
    """What an order was filled with."""

    number: int
    order_id: int
    price: Decimal
    quantity: Decimal
    is_maker: bool
    time_ms: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands.

    Attributes:
        params: what the request for it said.
        price: the limit; 0 for none.
        filled: how much of `quantity` was traded.
        paid: `filled` in the quote asset.
        trade_id: the number of the trade that filled it.
    """

    order_id: int
    account: str
    product: Product
    symbol: str
    client_order_id: str
    params: Mapping[str, str]
    price: Decimal
    quantity: Decimal
    placed_ms: int
    updated_ms: int
    status: str = "NEW"
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    trade_id: int = 0

    @property
    def name(self) -> tuple[str, Product, str]:
        """What no other open order may be named."""
        return self.account, self.product, self.client_order_id

    @property
    def is_open(self) -> bool:
        """Whether it waits to be filled."""
        return self.status == "NEW"

    @property
    def is_buy(self) -> bool:
        """Whether it buys."""
        return self.params["side"] == "BUY"


class OrderUpdate(NamedTuple):
    """What has happened to an order; each becomes an event of its account's user data stream.

    Attributes:
        order: as it stands now.
        execution: what happened.
        trade: what it was filled with.
        cancel_id: the client order id of the cancellation.
    """

    order: Order
    execution: Execution
    trade: Trade | None = None
    cancel_id: str = ""


def check_order(params: Mapping[str, str], product: Product) -> None:
    """Refuse a request for an order that does not say what its type needs.

    Raises:
        ExchangeError: -1100, -1102, -1105, -1106, -1116 or -1117.
    """
    for name in ("symbol", "side", "type"):
        if not params.get(name):
            raise mandatory(name)
    if params["side"] not in {"BUY", "SELL"}:
        raise ExchangeError(400, -1117, "Invalid side.")
    types = _SPOT_TYPES if product in {"spot", "margin"} else _FUTURES_TYPES
    if params["type"] not in types:
        raise ExchangeError(400, -1116, "Invalid orderType.")
    for name in types[params["type"]]:
        if not params.get(name):
            raise mandatory(name)
    if types is _SPOT_TYPES and params["type"] == "MARKET":
        _check_market(params)
    _check_values(params)


def _check_market(params: Mapping[str, str]) -> None:
    if not params.get("quantity") and not params.get("quoteOrderQty"):
        message = "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"
        raise ExchangeError(400, -1102, message)
    for name in ("price", "timeInForce"):
        if name in params:
            raise ExchangeError(400, -1106, f"Parameter '{name}' sent when not required.")


def _check_values(params: Mapping[str, str]) -> None:
    legal = dict.fromkeys(_NUMBERS, _NUMBER) | {"newClientOrderId": _CLIENT_ORDER_ID}
    for name in legal.keys() & params.keys():
        if not params[name]:
            raise ExchangeError(400, -1105, f"Parameter '{name}' was empty.")
        if not legal[name].fullmatch(params[name]):
            raise illegal(name, legal[name].pattern)
