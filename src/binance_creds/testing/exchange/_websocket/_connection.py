"""One WebSocket connection of the local exchange, as other threads see it."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.server import ServerConnection

__all__ = ["Connection"]

_END: Final = None


class Connection:
    """Send from any thread without waiting; what was sent first leaves first.

    Attributes:
        is_over: whether it is gone; what a request opens then has nobody to go to.
    """

    def __init__(self, socket: ServerConnection) -> None:
        self._socket: Final = socket
        self._loop: Final = asyncio.get_running_loop()
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue()
        self.is_over = False
        self.address: Final = str(socket.remote_address[0])

    def send(self, message: object) -> None:
        """Send a message as JSON, after those that were sent before it."""
        self._put(json.dumps(message, ensure_ascii=False))

    def answer(self, message: object) -> None:
        """Send the answer to a request, from the thread of the server.

        It leaves before the events that the request has caused.
        """
        self._outgoing.put_nowait(json.dumps(message, ensure_ascii=False))

    def later(self, milliseconds: int, act: Callable[[], object]) -> None:
        """Call a function after a while, from and in the thread of the server."""
        self._loop.call_later(milliseconds / 1000, act)

    def end(self) -> None:
        """Close with the closing handshake, once everything before it has left."""
        self._put(_END)

    def drop(self) -> None:
        """Cut the connection, as a network does; what has not left is lost."""
        self._loop.call_soon_threadsafe(self.cut)

    def cut(self) -> None:
        """Cut the connection at once, from the thread of the server."""
        self._socket.transport.abort()

    async def write(self) -> None:
        """Send what is put in the queue until the connection ends."""
        with suppress(ConnectionClosed):
            while (text := await self._outgoing.get()) is not None:
                await self._socket.send(text)
            await self._socket.close()

    def _put(self, text: str | None) -> None:
        self._loop.call_soon_threadsafe(self._outgoing.put_nowait, text)
