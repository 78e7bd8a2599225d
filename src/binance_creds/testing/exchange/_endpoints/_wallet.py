"""Wallet and margin endpoints under `/sapi`.

Source: developers.binance.com, Wallet (All Coins' Information, Get API Key Permission, Trade Fee)
and Margin Trading (Get All Cross Margin Pairs, Get All Isolated Margin Symbol, Get All Margin
Assets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.testing.exchange._endpoints._routes import Route, Security
from binance_creds.testing.exchange._endpoints._spot_answers import amount
from binance_creds.testing.exchange._endpoints._symbols import SYMBOLS

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Symbol

    Answer = dict[str, object]

__all__ = ["wallet_routes"]


def wallet_routes(accounts: Accounts) -> Routes:
    """Return the endpoints."""
    return {
        ("GET", "/sapi/v1/account/apiRestrictions"): Route(_restrictions, permission=None),
        ("GET", "/sapi/v1/capital/config/getall"): Route(lambda call: _coins(accounts, call)),
        ("GET", "/sapi/v1/asset/tradeFee"): Route(_fees),
        ("GET", "/sapi/v1/account/status"): Route(lambda _: {"data": "Normal"}),
        ("GET", "/sapi/v1/capital/deposit/hisrec"): Route(lambda _: []),
        ("GET", "/sapi/v1/capital/withdraw/history"): Route(lambda _: []),
        ("POST", "/sapi/v3/asset/getUserAsset"): Route(lambda call: _owned(accounts, call)),
        ("GET", "/sapi/v1/margin/account"): Route(lambda call: _margin_account(accounts, call)),
        ("GET", "/sapi/v1/margin/allPairs"): Route(_pairs, Security.KEY),
        ("GET", "/sapi/v1/margin/isolated/allPairs"): Route(_pairs),
        ("GET", "/sapi/v1/margin/allAssets"): Route(_assets, Security.KEY),
    }


def _restrictions(call: Call) -> object:
    ends = call.caller.trading_ends_at
    ending = {"tradingAuthorityExpirationTime": int(ends.timestamp() * 1000)} if ends else {}
    return {
        "ipRestrict": bool(call.caller.ip_list),
        "createTime": int(call.caller.created_at.timestamp() * 1000),
        **ending,
        **call.caller.permissions,
    }


def _margin_account(accounts: Accounts, call: Call) -> object:
    return {
        "created": True,
        "borrowEnabled": True,
        "marginLevel": "999",
        "tradeEnabled": True,
        "transferInEnabled": True,
        "transferOutEnabled": True,
        "accountType": "MARGIN_1",
        "userAssets": [
            {"asset": asset, "free": amount(balance.free), "locked": amount(balance.locked)}
            for asset, balance in accounts.balances(call.account, "margin").items()
        ],
    }


def _coins(accounts: Accounts, call: Call) -> object:
    balances = accounts.balances(call.account, "spot")
    return [
        {
            "coin": coin,
            "name": coin,
            "free": amount(balance.free),
            "locked": amount(balance.locked),
            "freeze": "0",
            "ipoable": "0",
            "ipoing": "0",
            "isLegalMoney": False,
            "storage": "0",
            "trading": True,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "withdrawing": "0",
            "networkList": [_network(coin)],
        }
        for coin, balance in balances.items()
    ]


def _owned(accounts: Accounts, call: Call) -> object:
    nothing = dict.fromkeys(("freeze", "withdrawing", "ipoable", "btcValuation"), "0")
    return [
        {"asset": asset, "free": amount(balance.free), "locked": amount(balance.locked)} | nothing
        for asset, balance in accounts.balances(call.account, "spot").items()
        if call.params.get("asset") in {None, asset}
    ]


def _network(coin: str) -> Answer:
    return {
        "network": coin,
        "coin": coin,
        "name": coin,
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": True,
        "withdrawFee": "0.0005",
        "withdrawMin": "0.001",
        "withdrawMax": "9999999",
        "withdrawIntegerMultiple": "0.00000001",
        "minConfirm": 1,
        "unLockConfirm": 2,
        "sameAddress": False,
        "busy": False,
    }


def _fees(call: Call) -> object:
    return [
        {"symbol": symbol.name, "makerCommission": "0", "takerCommission": "0"}
        for symbol in SYMBOLS["spot"].values()
        if call.params.get("symbol") in {None, symbol.name}
    ]


def _pairs(_: Call) -> object:
    return [_pair(symbol) for symbol in SYMBOLS["margin"].values()]


def _pair(symbol: Symbol) -> Answer:
    return {
        "symbol": symbol.name,
        "base": symbol.base,
        "quote": symbol.quote,
        "isMarginTrade": True,
        "isBuyAllowed": True,
        "isSellAllowed": True,
    }


def _assets(_: Call) -> object:
    symbols = SYMBOLS["margin"].values()
    names = sorted({each.base for each in symbols} | {each.quote for each in symbols})
    return [
        {
            "assetFullName": name,
            "assetName": name,
            "isBorrowable": True,
            "isMortgageable": True,
            "userMinBorrow": "0",
            "userMinRepay": "0",
        }
        for name in names
    ]
