"""The WebSocket server of the local exchange: one thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from binance_creds.testing.exchange._websocket._connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from binance_creds.testing.exchange._websocket._sockets import Sockets

__all__ = ["Handler", "WebSocketServer"]


class Handler(Protocol):
    """What answers on one connection."""

    def hear(self, text: str) -> None:
        """Take a message and answer it."""

    def closed(self) -> None:
        """Forget the connection, which is gone."""


class WebSocketServer:
    """Serve on a free port of 127.0.0.1 until it is closed.

    Args:
        route: what makes the handler of a connection to a path and query, or `None` if there is
            no such path.
        sockets: keeps the connections and their faults.
    """

    def __init__(
        self, route: Callable[[str], Callable[[Connection], Handler] | None], sockets: Sockets
    ) -> None:
        self._route: Final = route
        self._sockets: Final = sockets
        self._admitted: dict[ServerConnection, Callable[[Connection], Handler]] = {}
        self._is_listening = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="FakeExchange WebSocket", daemon=True
        )
        self._thread.start()
        self._is_listening.wait()

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"ws://127.0.0.1:{self._port}"

    def close(self) -> None:
        """Cut every connection and wait for the thread."""
        self._loop.call_soon_threadsafe(self._is_closing.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_closing = asyncio.Event()
        async with serve(
            self._handle,
            "127.0.0.1",
            0,
            process_request=self._admit,
            ping_interval=20,  # seconds, as documented
            ping_timeout=60,
            close_timeout=0.1,
        ) as server:
            self._port = next(iter(server.sockets)).getsockname()[1]
            self._is_listening.set()
            await self._is_closing.wait()
            self._sockets.drop()

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        if status := self._sockets.refusal():
            return socket.respond(HTTPStatus(status), "refused on order\n")
        make = self._route(request.path)
        if make is None:
            return socket.respond(HTTPStatus.NOT_FOUND, "Path not found.\n")
        self._admitted[socket] = make
        return None

    async def _handle(self, socket: ServerConnection) -> None:
        connection = Connection(socket)
        handler = self._admitted.pop(socket)(connection)
        writer = asyncio.create_task(connection.write())
        self._sockets.add(connection)
        try:
            with suppress(ConnectionClosed):
                async for message in socket:
                    self._take(handler, connection, str(message))
        finally:
            connection.is_over = True
            handler.closed()
            self._sockets.remove(connection)
            writer.cancel()

    def _take(self, handler: Handler, connection: Connection, text: str) -> None:
        method = _method_of(text)

        def hear() -> None:
            is_lost = True  # also by a defect of the exchange: no client waits for ever
            try:
                handler.hear(text)
                is_lost = self._sockets.loses_answer(method)
            finally:
                if is_lost:
                    connection.cut()
                if connection.is_over:  # it was cut while the request waited
                    handler.closed()

        def release() -> None:
            with suppress(RuntimeError):  # the exchange was closed in the meantime
                self._loop.call_soon_threadsafe(hear)

        if self._sockets.holds(method, release):
            return
        if latency := self._sockets.latency_seconds:
            self._loop.call_later(latency, hear)
        else:
            self._loop.call_soon(hear)  # keeps the order, which equal times do not promise


def _method_of(text: str) -> str:
    try:
        return str(json.loads(text)["method"])
    except (ValueError, TypeError, LookupError):
        return ""
