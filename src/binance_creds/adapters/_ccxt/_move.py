"""Move what one WebSocket connection of ccxt does to a further one, without a gap.

The new connection is subscribed before the old one ends. Its events wait until those of the old one
have arrived, so that none is lost, doubled or out of order. ccxt's futures stay: both connections
share them. Requests go to the new one from then on; the old one is closed once every request on it
has its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["move"]


async def move(
    exchange: Any,
    old: Any,
    url: str,
    *,
    subscribe: Callable[[Any], Awaitable[None]],
    end: Callable[[Any], Awaitable[None]],
    replaced: Callable[[Any], None],
) -> None:
    """Replace a connection.

    Args:
        exchange: of ccxt.pro.
        old: its client, which another takes the place of.
        url: of the new one; may be the same.
        subscribe: opens the streams of the new one.
        end: ends those of the old one; what it still had to bring has arrived then.
        replaced: is told that the old one has left the exchange, and is to be closed.
    """
    new = _built(exchange, old, url)
    try:
        await _connect(exchange, new)
        await subscribe(new)
    except BaseException:
        new.merger.close(new)
        await new.aiohttp_close()  # its futures are still its own
        raise
    new.futures = old.futures
    new.subscriptions.update(old.subscriptions)
    if exchange.clients.get(old.url) is old:
        del exchange.clients[old.url]
    exchange.clients[url] = new
    old.successor = new
    replaced(old)
    await end(old)
    held, new.held = new.held, None
    for message in held:
        exchange.handle_message(new, message)


def _built(exchange: Any, old: Any, url: str) -> Any:
    """Return a client that the exchange does not use yet."""
    used = exchange.clients.pop(url, None)
    new = exchange.client(url)
    del exchange.clients[url]
    if used is not None:
        exchange.clients[url] = used
    new.is_private, new.merger, new.held = old.is_private, old.merger, []
    new.merger.open(new)
    return new


async def _connect(exchange: Any, new: Any) -> None:
    *_, socks = exchange.check_ws_proxy_settings()
    session = exchange.get_socks_proxy_session(socks) if socks else exchange.session
    new.connecting = True
    await new.open(session)
    if new.error is not None:
        raise new.error
