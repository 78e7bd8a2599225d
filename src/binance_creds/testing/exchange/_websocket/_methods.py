"""The methods of the WebSocket APIs that have a twin in REST, which answers for them.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md; developers.binance.com, USD-M and COIN-M
futures, WebSocket API.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["APIS", "twin_of"]

Twins = dict[str, tuple[str, str]]

_SPOT: Final[Twins] = {
    "ping": ("GET", "/api/v3/ping"),
    "time": ("GET", "/api/v3/time"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"),
    "depth": ("GET", "/api/v3/depth"),
    "trades.recent": ("GET", "/api/v3/trades"),
    "trades.historical": ("GET", "/api/v3/historicalTrades"),
    "trades.aggregate": ("GET", "/api/v3/aggTrades"),
    "klines": ("GET", "/api/v3/klines"),
    "uiKlines": ("GET", "/api/v3/uiKlines"),
    "avgPrice": ("GET", "/api/v3/avgPrice"),
    "ticker.24hr": ("GET", "/api/v3/ticker/24hr"),
    "ticker.price": ("GET", "/api/v3/ticker/price"),
    "ticker.book": ("GET", "/api/v3/ticker/bookTicker"),
    "order.place": ("POST", "/api/v3/order"),
    "order.test": ("POST", "/api/v3/order/test"),
    "order.status": ("GET", "/api/v3/order"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "order.cancelReplace": ("POST", "/api/v3/order/cancelReplace"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "allOrders": ("GET", "/api/v3/allOrders"),
    "openOrderLists.status": ("GET", "/api/v3/openOrderList"),
    "allOrderLists": ("GET", "/api/v3/allOrderList"),
    "account.status": ("GET", "/api/v3/account"),
    "account.commission": ("GET", "/api/v3/account/commission"),
    "account.rateLimits.orders": ("GET", "/api/v3/rateLimit/order"),
    "myPreventedMatches": ("GET", "/api/v3/myPreventedMatches"),
    "myTrades": ("GET", "/api/v3/myTrades"),
}


def _futures(root: str) -> Twins:
    return {
        "ping": ("GET", f"{root}/v1/ping"),
        "time": ("GET", f"{root}/v1/time"),
        "exchangeInfo": ("GET", f"{root}/v1/exchangeInfo"),
        "depth": ("GET", f"{root}/v1/depth"),
        "ticker.price": ("GET", f"{root}/v1/ticker/price"),
        "ticker.book": ("GET", f"{root}/v1/ticker/bookTicker"),
        "order.place": ("POST", f"{root}/v1/order"),
        "order.modify": ("PUT", f"{root}/v1/order"),
        "order.status": ("GET", f"{root}/v1/order"),
        "order.cancel": ("DELETE", f"{root}/v1/order"),
        "account.status": ("GET", f"{root}/v1/account"),
        "account.balance": ("GET", f"{root}/v1/balance"),
        "account.position": ("GET", f"{root}/v1/positionRisk"),
        "userDataStream.start": ("POST", f"{root}/v1/listenKey"),
        "userDataStream.ping": ("PUT", f"{root}/v1/listenKey"),
        "userDataStream.stop": ("DELETE", f"{root}/v1/listenKey"),
    }


_UM: Final[Twins] = {
    "v2/account.status": ("GET", "/fapi/v3/account"),
    "v2/account.balance": ("GET", "/fapi/v3/balance"),
    "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
}

APIS: Final[dict[str, Twins]] = {
    "/ws-api/v3": _SPOT,
    "/ws-fapi/v1": _futures("/fapi") | _UM,
    "/ws-dapi/v1": _futures("/dapi"),
}
"""The path of each WebSocket API, and its methods."""


def twin_of(api: str, method: str) -> tuple[str, str] | None:
    """Return the REST method and path that answers for a WebSocket method, or `None`.

    The version of the API itself may stand before its name, such as `v3/order.place`.
    """
    twins = APIS[api]
    return twins.get(method) or twins.get(re.sub(r"^v[13]/", "", method))
