"""The account endpoints of futures: balances, positions, settings.

Source: developers.binance.com, USD-M and COIN-M futures, Account and Trade.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._accounts import Position
from binance_creds.testing.exchange._endpoints._routes import Route
from binance_creds.testing.exchange._endpoints._spot_answers import amount
from binance_creds.testing.exchange._endpoints._symbols import SYMBOLS, symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._accounts import Accounts, Balance
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product, Symbol

    Answer = dict[str, object]

__all__ = ["futures_account_routes"]

_ZERO: Final = "0.00000000"
_BRACKET: Final = {
    "bracket": 1,
    "initialLeverage": 125,
    "maintMarginRatio": 0.004,
    "cum": 0.0,
}
_DONE: Final = {"code": 200, "msg": "success"}


def futures_account_routes(accounts: Accounts) -> Routes:
    """Return the endpoints of `/fapi` and `/dapi`."""
    return {
        **_Account(accounts, "um").routes("/fapi", ("v1", "v2", "v3")),
        **_Account(accounts, "cm").routes("/dapi", ("v1", "v2")),
    }


class _Account:
    """The endpoints that both kinds of futures have alike."""

    def __init__(self, accounts: Accounts, product: Product) -> None:
        self._accounts: Final = accounts
        self._product: Final[Product] = product

    def routes(self, root: str, versions: tuple[str, ...]) -> Routes:
        table: dict[tuple[str, str], Callable[[Call], object]] = {
            ("GET", "leverageBracket"): self._brackets,
            ("GET", "symbolConfig"): self._configured,
            ("POST", "leverage"): self._set_leverage,
            ("POST", "marginType"): lambda _: _DONE,
            ("GET", "positionSide/dual"): lambda _: {"dualSidePosition": False},
            ("POST", "positionSide/dual"): lambda _: _DONE,
            ("GET", "multiAssetsMargin"): lambda _: {"multiAssetsMargin": False},
            ("POST", "multiAssetsMargin"): lambda _: _DONE,
            ("GET", "commissionRate"): self._commission,
            ("GET", "income"): lambda _: [],
            ("GET", "account"): partial(self._account, is_short=False),
            ("GET", "balance"): self._balances,
            ("GET", "positionRisk"): partial(self._positions, is_short=False),
        }
        named = {
            (method, f"{root}/{version}/{name}"): answer
            for version in versions
            for (method, name), answer in table.items()
        }
        named["GET", f"{root}/v3/account"] = partial(self._account, is_short=True)
        named["GET", f"{root}/v3/positionRisk"] = partial(self._positions, is_short=True)
        return {
            name: Route(answer, permission="enableFutures")
            for name, answer in named.items()
            if name[1].split("/")[2] in versions
        }

    def _account(self, call: Call, *, is_short: bool) -> object:
        assets = [_asset(*each, call.now_ms) for each in self._owned(call)]
        total = str(assets[0]["walletBalance"])
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "updateTime": call.now_ms,
            "multiAssetsMargin": False,
            "totalInitialMargin": _ZERO,
            "totalMaintMargin": _ZERO,
            "totalWalletBalance": total,
            "totalUnrealizedProfit": _ZERO,
            "totalMarginBalance": total,
            "totalPositionInitialMargin": _ZERO,
            "totalOpenOrderInitialMargin": _ZERO,
            "totalCrossWalletBalance": total,
            "totalCrossUnPnl": _ZERO,
            "availableBalance": total,
            "maxWithdrawAmount": total,
            "assets": assets,
            "positions": self._positions(call, is_short=is_short),
        }

    def _balances(self, call: Call) -> object:
        return [
            {
                "accountAlias": "SgsR",
                "asset": asset,
                "balance": amount(balance.free),
                "crossWalletBalance": amount(balance.free),
                "crossUnPnl": _ZERO,
                "availableBalance": amount(balance.free),
                "maxWithdrawAmount": amount(balance.free),
                "withdrawAvailable": amount(balance.free),
                "marginAvailable": True,
                "updateTime": call.now_ms,
            }
            for asset, balance in self._owned(call)
        ]

    def _brackets(self, call: Call) -> object:
        caps = (
            {"notionalCap": 300_000_000, "notionalFloor": 0}
            if self._product == "um"
            else {"qtyCap": 1_000_000, "qtyFloor": 0, "qtylFloor": 0}
        )
        brackets = [
            {"symbol": symbol.name, "pair": symbol.pair, "brackets": [_BRACKET | caps]}
            for symbol in self._named(call)
        ]
        is_one = "symbol" in call.params and self._product == "um"
        return brackets[0] if is_one else brackets

    def _configured(self, call: Call) -> object:
        return [
            {
                "symbol": symbol.name,
                "marginType": "CROSSED",
                "isAutoAddMargin": False,
                "leverage": self._leverage(call, symbol),
                "maxNotionalValue": "300000000",
            }
            for symbol in self._named(call)
        ]

    def _set_leverage(self, call: Call) -> object:
        name, _ = call.need("symbol"), call.need("leverage")
        leverage = call.number("leverage", 0)
        self._accounts.set_leverage(call.account, self._product, name, leverage)
        return {"leverage": leverage, "maxNotionalValue": "300000000", "symbol": name}

    def _commission(self, call: Call) -> object:
        return {
            "symbol": call.need("symbol"),
            "makerCommissionRate": "0",
            "takerCommissionRate": "0",
        }

    def _positions(self, call: Call, *, is_short: bool) -> list[Answer]:
        """Return the positions; the newer endpoints leave out those of nothing."""
        held = self._accounts.positions(call.account, self._product)
        named = {symbol.name for symbol in self._named(call)}
        names = held.keys() & named if is_short else named
        return [
            self._position(call, symbol_of(self._product, name), held.get(name, Position()))
            for name in sorted(names)
        ]

    def _position(self, call: Call, symbol: Symbol, position: Position) -> Answer:
        profit = (symbol.price - position.entry) * position.amount
        return {
            "symbol": symbol.name,
            "positionSide": "BOTH",
            "positionAmt": f"{position.amount:f}",
            "entryPrice": f"{position.entry:f}",
            "breakEvenPrice": f"{position.entry:f}",
            "markPrice": f"{symbol.price:f}",
            "unRealizedProfit": amount(profit),
            "unrealizedProfit": amount(profit),
            "liquidationPrice": "0",
            "leverage": str(self._leverage(call, symbol)),
            "marginType": "cross",
            "marginAsset": symbol.quote if self._product == "um" else symbol.base,
            "isolated": False,
            "isAutoAddMargin": "false",
            "isolatedMargin": _ZERO,
            "isolatedWallet": "0",
            "notional": amount(position.amount * symbol.price),
            "notionalValue": amount(position.amount * symbol.price),
            "initialMargin": _ZERO,
            "maintMargin": _ZERO,
            "positionInitialMargin": _ZERO,
            "openOrderInitialMargin": _ZERO,
            "maxNotional": "300000000",
            "maxNotionalValue": "300000000",
            "maxQty": "1000",
            "adl": 0,
            "updateTime": call.now_ms,
        }

    def _owned(self, call: Call) -> list[tuple[str, Balance]]:
        return list(self._accounts.balances(call.account, self._product).items())

    def _named(self, call: Call) -> list[Symbol]:
        name = call.params.get("symbol")
        return [s for s in SYMBOLS[self._product].values() if name in {None, s.name}]

    def _leverage(self, call: Call, symbol: Symbol) -> int:
        return self._accounts.leverage(call.account, self._product, symbol.name)


def _asset(asset: str, balance: Balance, now_ms: int) -> Answer:
    """Return what an account has of an asset; clients pass over those never updated."""
    return {
        "asset": asset,
        "walletBalance": amount(balance.free),
        "unrealizedProfit": _ZERO,
        "marginBalance": amount(balance.free),
        "maintMargin": _ZERO,
        "initialMargin": _ZERO,
        "positionInitialMargin": _ZERO,
        "openOrderInitialMargin": _ZERO,
        "crossWalletBalance": amount(balance.free),
        "crossUnPnl": _ZERO,
        "availableBalance": amount(balance.free),
        "maxWithdrawAmount": amount(balance.free),
        "marginAvailable": True,
        "updateTime": now_ms,
    }
