"""Open the user data streams of an exchange of ccxt.pro anew, with the credentials of now.

Those of the WebSocket API by signature move to a further connection, because the exchange allows
one on each. A listen token extends the stream on the connection that it is on. A listen key is the
account's: whoever asks for it with a new API key holds it, too; only where it is another one, the
connection is replaced.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import ClientError

from binance_creds.adapters._ccxt._move import move
from binance_creds.adapters._ccxt._socket import Socket
from binance_creds.adapters._wire._streams._refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._background import Background

__all__ = ["API_KINDS", "LISTEN_KEYS", "renew"]

API_KINDS: Final = ("spot", "margin")
# By the names that ccxt has for them; `future` and `delivery` are those of 4.5.12.
LISTEN_KEYS: Final = {
    "linear": "fapiPrivatePostListenKey",
    "future": "fapiPrivatePostListenKey",
    "inverse": "dapiPrivatePostListenKey",
    "delivery": "dapiPrivatePostListenKey",
    "option": "eapiPrivatePostListenKey",
    "margin": "sapiPostUserDataStream",  # of 4.5.12; later ones have listen tokens
}
_PORTFOLIO: Final = "/pm/"  # of the address of portfolio margin
_SUBSCRIBE: Final = "userDataStream.subscribe"


class Streams(Protocol):
    """What is told of the streams."""

    @property
    def background(self) -> Background: ...
    def snapshot(self) -> Credentials: ...
    def renewed(self, kind: str, stream: object, used: Credentials) -> None: ...
    def replaced(self, old: Socket) -> None: ...


async def renew(exchange: Any, streams: Streams, behind: Mapping[str, bool]) -> None:
    """Open streams anew.

    Args:
        exchange: whose they are.
        streams: is told of each that is done.
        behind: their kinds, and whether they have ended.
    """
    there = exchange.user_streams()
    by_api = [kind for kind in behind if not isinstance(there[kind], str)]
    for kind in behind:
        if kind not in by_api:
            await _renew_listen_key(exchange, streams, kind, has_ended=behind[kind])
    if "spot" in by_api:
        await _move_api(exchange, streams, there["spot"])
    elif by_api:
        used = streams.snapshot()
        await _subscribe_margin(exchange, there["margin"])
        streams.renewed("margin", there["margin"], used)


async def _move_api(exchange: Any, streams: Streams, old: Any) -> None:
    used, there = streams.snapshot(), exchange.user_streams()
    kinds = [kind for kind in API_KINDS if there.get(kind) is old]
    subscribe = partial(_subscribe_api, exchange, kinds)
    await move(exchange, old, old.url, subscribe=subscribe, end=_end_api, replaced=streams.replaced)
    for kind in kinds:
        streams.renewed(kind, exchange.clients[old.url], used)
    streams.background.run(old.retire())


async def _subscribe_api(exchange: Any, kinds: list[str], new: Socket) -> None:
    if "spot" in kinds:
        name = str(exchange.request_id(new.url))
        await new.ask(name, f"{_SUBSCRIBE}.signature", exchange.sign_params({}))
    if "margin" in kinds:
        await _subscribe_margin(exchange, new)


async def _subscribe_margin(exchange: Any, client: Socket) -> None:
    """Subscribe with a new listen token, as ccxt does, and plan its end."""
    options = exchange.options["margin"]
    wanted = {n: options[n] for n in ("symbol", "isIsolated", "validity") if options.get(n)}
    request = {**wanted}
    if "symbol" in request:
        request["symbol"] = exchange.market_id(request["symbol"])
    now = exchange.milliseconds()
    given = await exchange.sapiPostUserListenToken(request)
    token, ends = given["token"], int(given["expirationTime"])
    name = str(exchange.request_id(client.url))
    await client.ask(name, f"{_SUBSCRIBE}.listenToken", {"listenToken": token})
    newer = {"listenToken": token, "expirationTime": ends, "lastAuthenticatedTime": now}
    exchange.options["margin"] = {**options, **newer}
    minute_ms = 60_000
    exchange.delay(
        max(0, ends - now - minute_ms), exchange.renew_listen_token, {**wanted, "type": "margin"}
    )


async def _end_api(old: Socket) -> None:
    # Its key, or itself, may be gone.
    with suppress(RefusedError, ClientError, OSError, TimeoutError):
        await old.ask("binance-creds-unsubscribe", "userDataStream.unsubscribe", {})


async def _renew_listen_key(exchange: Any, streams: Streams, kind: str, *, has_ended: bool) -> None:
    used, before = streams.snapshot(), exchange.options[kind]["listenKey"]
    found = [client for url, client in exchange.clients.items() if before in url]
    is_portfolio = any(_PORTFOLIO in client.url for client in found)
    post = "papiPostListenKey" if is_portfolio else LISTEN_KEYS[kind]
    given = (await getattr(exchange, post)())["listenKey"]
    if given != before or has_ended:
        for old in found:
            url = old.url.replace(before, given)
            await move(
                exchange, old, url, subscribe=_nothing, end=Socket.drain, replaced=streams.replaced
            )
            streams.background.run(old.retire())
    newer = {"listenKey": given, "lastAuthenticatedTime": exchange.milliseconds()}
    exchange.options[kind] = {**exchange.options[kind], **newer}
    streams.renewed(kind, given, used)


async def _nothing(_: Socket) -> None:
    """Connecting has subscribed already."""
