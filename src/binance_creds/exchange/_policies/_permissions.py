"""The rights of a key by the names that policies, findings and messages use.

Source: developers.binance.com, Wallet, "Get API Key Permission", read on 2026-11-20.
"""

from __future__ import annotations

from typing import Final

__all__ = ["KNOWN", "TRADING", "means", "moves_funds"]

# What a key with the right may do: completes "this key may ...".
KNOWN: Final = {
    "reading": "read balances and orders",
    "spot-and-margin-trading": "trade on spot and margin markets",
    "margin": "borrow, repay and move margin funds",
    "futures": "trade futures",
    "withdrawals": "withdraw",
    "internal-transfer": "move funds between master account and sub-accounts",
    "universal-transfer": "move funds between wallets and sub-accounts",
    "vanilla-options": "trade options",
    "portfolio-margin-trading": "trade in the portfolio margin account",
    "fix-api-trade": "trade through the FIX API",
    "fix-read-only": "read through the FIX API",
}
TRADING: Final = frozenset(
    {"spot-and-margin-trading", "futures", "vanilla-options", "portfolio-margin-trading"}
)
_MOVING: Final = ("withdraw", "transfer")


def means(name: str) -> str:
    """Return what a key may do that has the right; for a right that is not known, its own name."""
    return KNOWN.get(name, f"do what the exchange calls `{name}`")


def moves_funds(name: str) -> bool:
    """Return whether a right lets funds leave the account; its name says so, known or not."""
    return any(word in name.casefold() for word in _MOVING)
