"""The WebSocket side of the local exchange, which starts when somebody asks for its address."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._streams._listen_keys import ListenKeys
from binance_creds.testing.exchange._streams._user_streams import UserStreams
from binance_creds.testing.exchange._websocket._methods import APIS
from binance_creds.testing.exchange._websocket._named_streams import NamedStreams, names_in
from binance_creds.testing.exchange._websocket._session import WebSocketSession
from binance_creds.testing.exchange._websocket._sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._symbols import Product
    from binance_creds.testing.exchange._streams._listen_keys import ListenKey
    from binance_creds.testing.exchange._streams._user_streams import Emission, Event
    from binance_creds.testing.exchange._websocket._connection import Connection
    from binance_creds.testing.exchange._websocket._server import Handler, WebSocketServer
    from binance_creds.testing.exchange._websocket._venue import Venue

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
        self._streams: Final = UserStreams(self.now_ms, self._is_revoked)
        self._listen_keys: Final = ListenKeys(self.now_ms, self._is_revoked, self._end_listen_key)
        self._server_lock: Final = threading.Lock()  # guards _server
        self._server: WebSocketServer | None = None

    @property
    def ws_url(self) -> str:
        """The address for WebSockets, such as `ws://127.0.0.1:40124`; needs `websockets`.

        The WebSocket APIs are at `/ws-api/v3` (spot), `/ws-fapi/v1` and `/ws-dapi/v1` (futures);
        streams by name at `/ws/...` and `/stream?streams=...`, also below `/private`. Market
        streams are silent.

        Raises:
            RuntimeError: the exchange is not running.
        """
        self._venue.check_running()
        with self._server_lock:
            if self._server is None:
                from binance_creds.testing.exchange._websocket._server import (  # noqa: PLC0415
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

    def open_streams(self, account: str = "main", *, product: Product = "spot") -> int:
        """Return how many user data streams of an account are open."""
        return sum(stream.product == product for stream in self._streams.open_of(account))

    def end_streams(self, account: str = "main") -> int:
        """End the user data streams of an account, and return how many there were.

        Each is told so: by `eventStreamTerminated`, or by `listenKeyExpired`.
        """
        ended = self._streams.open_of(account)
        self._listen_keys.end_all(account)
        self._streams.end(lambda subscription: subscription.account == account)
        return len(ended)

    def _is_revoked(self, api_key: str) -> bool:
        key = self._venue.keys.find(api_key)
        return key is None or key.is_revoked

    def _end_streams_of(self, api_key: str) -> None:
        self._listen_keys.revoke(api_key)
        self._streams.end(lambda subscription: subscription.api_key == api_key)

    def _end_listen_key(self, ended: ListenKey) -> None:
        self._streams.end(lambda subscription: subscription.listen_key is ended)

    def _close_sockets(self) -> None:
        with self._server_lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()

    def _route(self, target: str) -> Callable[[Connection], Handler] | None:
        path = target.partition("?")[0]
        if path in APIS:
            return partial(WebSocketSession, path, venue=self._venue)
        if names_in(target) is None:
            return None
        return partial(NamedStreams, target, venue=self._venue)
