"""What the accounts of the local exchange own."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._symbols import Product

__all__ = ["Accounts", "Balance", "Position"]

_START: Final[dict[Product, dict[str, str]]] = {
    "spot": {"BTC": "100", "ETH": "1000", "BNB": "1000", "USDT": "10000000"},
    "margin": {"BTC": "100", "USDT": "10000000"},
    "um": {"USDT": "10000000", "BNB": "1000"},
    "cm": {"BTC": "100", "ETH": "1000"},
}
_NOTHING: Final = Decimal(0)


class Balance(NamedTuple):
    """What an account has of an asset; `locked` is what open orders keep."""

    free: Decimal = _NOTHING
    locked: Decimal = _NOTHING


class Position(NamedTuple):
    """A position of futures: contracts, negative for a short one, and the price of entry."""

    amount: Decimal = _NOTHING
    entry: Decimal = _NOTHING


class Accounts:
    """Keep balances, positions and leverages. Threads may share it.

    Every account begins with the same; nothing is refused for want of money.
    """

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()  # guards all below
        self._balances: dict[tuple[str, Product], dict[str, Balance]] = {}
        self._positions: dict[tuple[str, Product], dict[str, Position]] = {}
        self._leverages: dict[tuple[str, Product, str], int] = {}

    def balances(self, account: str, product: Product) -> dict[str, Balance]:
        """Return what an account owns, by asset."""
        with self._lock:
            return dict(self._of(account, product))

    def positions(self, account: str, product: Product) -> dict[str, Position]:
        """Return the positions of an account, by symbol."""
        with self._lock:
            return dict(self._positions.get((account, product), {}))

    def leverage(self, account: str, product: Product, symbol: str) -> int:
        """Return a leverage; 20 if none was chosen."""
        return self._leverages.get((account, product, symbol), 20)

    def set_leverage(self, account: str, product: Product, symbol: str, leverage: int) -> None:
        """Choose a leverage."""
        with self._lock:
            self._leverages[account, product, symbol] = leverage

    def move(
        self,
        account: str,
        product: Product,
        asset: str,
        free: Decimal = _NOTHING,
        locked: Decimal = _NOTHING,
    ) -> None:
        """Add to what is free and what is locked; negative amounts take away."""
        with self._lock:
            balances = self._of(account, product)
            was = balances.get(asset, Balance())
            balances[asset] = Balance(was.free + free, was.locked + locked)

    def trade(
        self, account: str, product: Product, symbol: str, amount: Decimal, price: Decimal
    ) -> None:
        """Add to a position, whose price of entry is that of the last trade; negative sells."""
        with self._lock:
            positions = self._positions.setdefault((account, product), {})
            was = positions.pop(symbol, Position())
            if was.amount + amount:
                positions[symbol] = Position(was.amount + amount, price)

    def _of(self, account: str, product: Product) -> dict[str, Balance]:
        start = _START[product]
        return self._balances.setdefault(
            (account, product), {asset: Balance(Decimal(free)) for asset, free in start.items()}
        )
