"""The REST endpoints of listen keys and listen tokens.

Source: developers.binance.com, USD-M and COIN-M futures, User Data Streams; Margin Trading, Listen
Token Websocket API.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, cast

from binance_creds.testing.exchange._endpoints._routes import Route, Security

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._endpoints._symbols import Product
    from binance_creds.testing.exchange._keys import RegisteredKey
    from binance_creds.testing.exchange._streams._listen_keys import ListenKeys

__all__ = ["listen_routes"]

_DAY_MS: Final = 24 * 60 * 60 * 1000
_PATHS: Final[dict[str, Product]] = {
    "/fapi/v1/listenKey": "um",
    "/dapi/v1/listenKey": "cm",
    "/sapi/v1/userDataStream": "margin",
}


def listen_routes(listen_keys: ListenKeys) -> Routes:
    """Return the endpoints; they need the API key alone (USER_STREAM), a signature does no harm."""
    token = Route(partial(_token, listen_keys), Security.KEY)
    routes: Routes = {("POST", "/sapi/v1/userListenToken"): token}
    answers = {"POST": _start, "PUT": _keep_alive, "DELETE": _close}
    for path, product in _PATHS.items():
        for method, answer in answers.items():
            routes[method, path] = Route(partial(answer, listen_keys, product), Security.KEY)
    return routes


def _start(listen_keys: ListenKeys, product: Product, call: Call) -> object:
    return {"listenKey": listen_keys.start(_key_of(call), product).value}


def _keep_alive(listen_keys: ListenKeys, product: Product, call: Call) -> object:
    kept = listen_keys.keep_alive(_key_of(call), product)
    return {} if product == "margin" else {"listenKey": kept.value}


def _close(listen_keys: ListenKeys, product: Product, call: Call) -> object:
    listen_keys.close(_key_of(call), product)
    return {}


def _token(listen_keys: ListenKeys, call: Call) -> object:
    if call.params.get("isIsolated", "").lower() == "true":
        call.need("symbol")
    token = listen_keys.issue_token(_key_of(call), call.number("validity", _DAY_MS))
    return {"token": token.value, "expirationTime": token.ends_ms}


def _key_of(call: Call) -> RegisteredKey:
    return cast("RegisteredKey", call.key)  # these routes are not public
