"""The symbols of the local exchange, at prices that do not move."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Product = Literal["spot", "margin", "um", "cm"]

__all__ = ["SYMBOLS", "Product", "Symbol", "symbol_of"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A pair or a perpetual contract.

    Attributes:
        name: such as `BTCUSDT`.
        base: the asset that is bought.
        quote: the asset that it is paid with.
        price: of the last trade.
        tick: the smallest step of a price.
        step: the smallest step of a quantity.
    """

    name: str
    base: str
    quote: str
    price: Decimal
    tick: Decimal
    step: Decimal

    @property
    def bid(self) -> Decimal:
        """The best price that somebody buys at."""
        return self.price - self.tick

    @property
    def ask(self) -> Decimal:
        """The best price that somebody sells at."""
        return self.price + self.tick

    @property
    def contract_size(self) -> int:
        """What a contract of COIN-M futures is worth in the quote asset."""
        return 100 if self.base == "BTC" else 10

    @property
    def pair(self) -> str:
        """The underlying pair of a contract."""
        return self.base + self.quote


def _named(*rows: tuple[str, str, str, str, str, str]) -> dict[str, Symbol]:
    return {
        row[0]: Symbol(row[0], row[1], row[2], Decimal(row[3]), Decimal(row[4]), Decimal(row[5]))
        for row in rows
    }


_PAIRS: Final = _named(
    ("BTCUSDT", "BTC", "USDT", "30000.00", "0.01", "0.00001"),
    ("ETHUSDT", "ETH", "USDT", "2000.00", "0.01", "0.0001"),
    ("BNBUSDT", "BNB", "USDT", "300.00", "0.01", "0.001"),
    ("ETHBTC", "ETH", "BTC", "0.06667", "0.00001", "0.0001"),
    ("LTCBTC", "LTC", "BTC", "0.00300", "0.00001", "0.001"),
    ("币安人生USDT", "币安人生", "USDT", "0.1000", "0.0001", "0.1"),
)

SYMBOLS: Final[dict[Product, dict[str, Symbol]]] = {
    "spot": _PAIRS,
    "margin": _PAIRS,
    "um": _named(
        ("BTCUSDT", "BTC", "USDT", "30000.0", "0.1", "0.001"),
        ("ETHUSDT", "ETH", "USDT", "2000.00", "0.01", "0.001"),
    ),
    "cm": _named(
        ("BTCUSD_PERP", "BTC", "USD", "30000.0", "0.1", "1"),
        ("ETHUSD_PERP", "ETH", "USD", "2000.00", "0.01", "1"),
    ),
}


def symbol_of(product: Product, name: str) -> Symbol:
    """Return a symbol; one that is not listed trades at a price of 1."""
    found = SYMBOLS[product].get(name)
    return found or Symbol(name, name, "USDT", Decimal(1), Decimal("0.01"), Decimal("0.01"))
