"""The accounts of options and of portfolio margin; nothing is traded there.

Source: developers.binance.com, Options (Option Margin Account Information) and Portfolio Margin
(Account Information).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._routes import Route

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes

__all__ = ["other_account_routes"]


def other_account_routes() -> Routes:
    """Return the endpoints."""
    return {
        ("GET", "/eapi/v1/marginAccount"): Route(_of_options, permission="enableVanillaOptions"),
        ("GET", "/papi/v1/account"): Route(
            _of_portfolio_margin, permission="enablePortfolioMarginTrading"
        ),
    }


def _of_options(call: Call) -> object:
    return {"asset": [], "greek": [], "time": call.now_ms, "canTrade": True}


def _of_portfolio_margin(call: Call) -> object:
    return {
        "uniMMR": "999",
        "accountEquity": "0",
        "actualEquity": "0",
        "accountStatus": "NORMAL",
        "updateTime": call.now_ms,
    }
