"""Connections of python-binance's own kind, for the streams that are opened on its behalf."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import websockets  # python-binance brings it
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._python_binance._package import reconnecting_websocket
from binance_creds.adapters._python_binance._socket_api import direct, quiet
from binance_creds.adapters._wire._streams._reader import StreamOverError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WebSocketChannel", "dial"]


async def dial(url: str, options: dict[str, Any], proxy: str | None) -> WebSocketChannel:
    """Return a further connection.

    Args:
        url: where it leads.
        options: of `websockets.connect`, as python-binance has them.
        proxy: as python-binance has it.

    Raises:
        ConnectionError: the exchange does not open it.
    """
    options = quiet(options)
    connect: Any = websockets.connect
    if is_loopback_url(url):
        options = direct(options)
    elif proxy:  # pragma: no cover  # python-binance's own way, which needs a package and a proxy
        own: Any = reconnecting_websocket
        connect, options = own.proxy_connect, {**options, "proxy": own.Proxy.from_url(proxy)}
    try:
        return WebSocketChannel(await connect(url, **options))
    except InvalidHandshake as error:  # which may name the listen key of the address
        kind = type(error).__name__
    msg = f"the exchange did not open a WebSocket ({kind})"
    raise ConnectionError(msg)


class WebSocketChannel:
    """A connection of `websockets`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        """Send a message."""
        with _told_as_over():
            await self._connection.send(text)

    async def receive(self) -> str | bytes:
        """Return the next message."""
        with _told_as_over():
            message: str | bytes = await self._connection.recv()
        return message

    async def close(self) -> None:
        """Close it."""
        await self._connection.close()


@contextmanager
def _told_as_over() -> Iterator[None]:
    try:
        yield
    except ConnectionClosed:
        raise StreamOverError from None
