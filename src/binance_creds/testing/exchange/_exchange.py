"""`FakeExchange`: the local exchange on its sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._enums import Environment, KeyType
from binance_creds.testing.exchange._desk import Desk
from binance_creds.testing.exchange._http import HttpServer
from binance_creds.testing.exchange._streams._listen_routes import listen_routes
from binance_creds.testing.exchange._streams._order_events import OrderEvents
from binance_creds.testing.exchange._websocket._streaming import Streaming
from binance_creds.testing.exchange._websocket._venue import Venue

if TYPE_CHECKING:
    from typing import Self

    from binance_creds.testing.exchange._keys import IssuedKey

__all__ = ["FakeExchange"]


class FakeExchange(Desk, Streaming):
    """A local Binance for tests: REST, WebSocket API and user data streams over real sockets.

    Checks keys, addresses, permissions, timestamps, percent-encoding and signatures, and answers
    with the documented codes. Prices do not move: a market order is filled at once, a limit order
    if the price meets it; any other rests.

        with FakeExchange() as exchange:
            key = exchange.keys.issue(KeyType.ED25519)
            client = python_binance.client(credentials, base_url=exchange.url)

    Args:
        environment: which one it stands for; the spot testnet has no `/sapi`.
        clock_offset_ms: how far its clock is ahead of this machine's.
    """

    def __init__(
        self, environment: Environment = Environment.LIVE, *, clock_offset_ms: int = 0
    ) -> None:
        super().__init__(environment, clock_offset_ms)
        self.keys.on_revoke(self._end_streams_of)
        self._venue = Venue(
            self.keys,
            self._streams,
            self._listen_keys,
            self.now_ms,
            self.answer,
            self._answer_as,
            self._answer_openly,
            check_running=lambda: self.url,
        )
        events = OrderEvents(self._streams, self._endpoints.accounts)
        self._endpoints.book.on_update(events.hear)
        self._endpoints.routes.update(listen_routes(self._listen_keys))
        self._http: HttpServer | None = None

    def start(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        self._http = HttpServer(self.answer)
        return self

    def close(self) -> None:
        """Stop listening and wait for the threads. Closing twice is fine."""
        self._close_sockets()
        if self._http is not None:
            self._http.close()
            self._http = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address, such as `http://127.0.0.1:40123`.

        Raises:
            RuntimeError: it is not running.
        """
        if self._http is None:
            msg = "the exchange is not running; use it in a with statement"
            raise RuntimeError(msg)
        return self._http.url

    def issue(self, key_type: KeyType = KeyType.HMAC, **options: object) -> IssuedKey:
        """Make, register and return a new key; the same as `keys.issue`."""
        return self.keys.issue(key_type, **options)
