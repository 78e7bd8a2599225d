"""The WebSocket side of the local exchange, which starts when somebody asks for its address."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._sockets import Sockets
from binance_creds.testing.exchange._user_streams import UserStreams
from binance_creds.testing.exchange._websocket_api import WebSocketSession
from binance_creds.testing.exchange._websocket_methods import APIS

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._connection import Connection
    from binance_creds.testing.exchange._endpoints._order import OrderUpdate
    from binance_creds.testing.exchange._order_events import OrderEvents
    from binance_creds.testing.exchange._user_streams import Emission, Event, Product
    from binance_creds.testing.exchange._venue import Venue
    from binance_creds.testing.exchange._websocket_server import Handler, WebSocketServer

__all__ = ["Streaming"]


class Streaming:
    """Serve WebSockets for the exchange that this is a part of. Threads may share it.

    Attributes:
        sockets: the open WebSocket connections, and their faults on order.
    """

    now_ms: Callable[[], int]
    _venue: Venue

    def __init__(self) -> None:
        super().__init__()
        self.sockets: Final = Sockets()
        self._streams: Final = UserStreams(self.now_ms)
        self._server_lock: Final = threading.Lock()  # guards _server
        self._server: WebSocketServer | None = None

    @property
    def ws_url(self) -> str:
        """The address for WebSockets, such as `ws://127.0.0.1:40124`; needs `websockets`.

        The WebSocket APIs are at `/ws-api/v3` (spot), `/ws-fapi/v1` and `/ws-dapi/v1` (futures).

        Raises:
            RuntimeError: the exchange is not running.
        """
        self._venue.check_running()
        with self._server_lock:
            if self._server is None:
                from binance_creds.testing.exchange._websocket_server import (  # noqa: PLC0415
                    WebSocketServer,  # late, because it needs `websockets`
                )

                self._server = WebSocketServer(self._route, self.sockets)
            return self._server.url

    @property
    def emitted(self) -> list[Emission]:
        """Every event of a user data stream so far, and how many streams it was sent to."""
        return self._streams.emitted

    def emit(self, event: Event, account: str = "main", *, product: Product = "spot") -> Emission:
        """Send an event to every user data stream of an account.

        It does not wait until the event has left.
        """
        return self._streams.emit(event, account, product)

    def end_streams(self, account: str = "main") -> int:
        """End the user data streams of an account, and return how many there were.

        Each is told so: by `eventStreamTerminated`, or by `listenKeyExpired`.
        """
        return self._streams.end(lambda subscription: subscription.account == account)

    def _announce(self, events: OrderEvents, update: OrderUpdate) -> None:
        for event in events.of(update):
            self._streams.emit(event, update.order.account, update.order.product)

    def _end_streams_of(self, api_key: str) -> None:
        self._streams.end(lambda subscription: subscription.api_key == api_key)

    def _close_sockets(self) -> None:
        with self._server_lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()

    def _route(self, target: str) -> Callable[[Connection], Handler] | None:
        path = target.partition("?")[0]
        if path not in APIS:
            return None
        return partial(WebSocketSession, path, venue=self._venue)
