"""Wallet endpoints under `/sapi`.

Source: developers.binance.com, Wallet: Get API Key Permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._routes import Route

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes

__all__ = ["wallet_routes"]


def wallet_routes() -> Routes:
    """Return the endpoints."""
    return {
        ("GET", "/sapi/v1/account/apiRestrictions"): Route(_restrictions, permission=None),
    }


def _restrictions(call: Call) -> object:
    if call.key is None:
        return {}
    return {
        "ipRestrict": bool(call.key.ip_list),
        "createTime": int(call.key.created_at.timestamp() * 1000),
        **call.key.permissions,
    }
