"""`FakeExchange`: where keys, record, faults and endpoints of the local exchange come together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from binance_creds._enums import Environment, KeyType
from binance_creds.testing.exchange._checks import check_key, check_signature, check_timing
from binance_creds.testing.exchange._endpoints import Endpoints
from binance_creds.testing.exchange._errors import ExchangeError
from binance_creds.testing.exchange._faults import Faults
from binance_creds.testing.exchange._http import HttpServer
from binance_creds.testing.exchange._keys import KeyRing
from binance_creds.testing.exchange._order_events import OrderEvents
from binance_creds.testing.exchange._record import RecordedRequest, Recorder, is_order
from binance_creds.testing.exchange._streaming import Streaming
from binance_creds.testing.exchange._venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from binance_creds.testing.exchange._incoming import Incoming
    from binance_creds.testing.exchange._keys import IssuedKey, RegisteredKey

__all__ = ["FakeExchange"]


class FakeExchange(Recorder, Faults, Streaming):
    """A local Binance for tests: REST, WebSocket API and user data streams over real sockets.

    Checks keys, addresses, permissions, timestamps, percent-encoding and signatures, and answers
    with the documented codes. Market data and matching are not there.

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
        super().__init__()
        self.environment = environment
        self.clock_offset_ms = clock_offset_ms
        self.keys: Final = KeyRing(environment)
        self.keys.on_revoke(self._end_streams_of)
        self._venue = Venue(
            self.keys,
            self._streams,
            self.now_ms,
            self.answer,
            self._answer_as,
            self._answer_openly,
            check_running=lambda: self.url,
        )
        self._endpoints: Final = Endpoints()
        self._events = OrderEvents(self._streams.stamp, self._endpoints.balances)
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

    def now_ms(self) -> int:
        """Return what its clock shows: Unix time in milliseconds."""
        return int(time.time() * 1000) + self.clock_offset_ms

    def answer(self, incoming: Incoming) -> object:
        """Return the answer to a request, and record it.

        Raises:
            ExchangeError: it is refused.
        """
        return self._recorded_as(incoming, self._dispatch)

    def _answer_as(self, incoming: Incoming, act: Callable[[RegisteredKey], object]) -> object:
        return self._recorded_as(incoming, lambda i, signed_by: act(self._proven(i, signed_by)))

    def _answer_openly(self, incoming: Incoming, act: Callable[[], object]) -> object:
        return self._recorded_as(incoming, lambda *_: act())

    def _recorded_as(
        self, incoming: Incoming, dispatch: Callable[[Incoming, str | None], object]
    ) -> object:
        signed_by = self.keys.signer_of(incoming.payload, incoming.signature, incoming.api_key)
        code = -1000
        try:
            answer = dispatch(incoming, signed_by)
            code = 0
        except ExchangeError as error:
            code = error.code
            raise
        finally:
            self._record(self._summary(incoming, signed_by, code))
        return answer

    def _dispatch(self, incoming: Incoming, signed_by: str | None) -> object:
        self._raise_fault()
        if incoming.fault is not None:
            raise incoming.fault
        if incoming.path == "/api/v3/ping":
            return {}
        if incoming.path == "/api/v3/time":
            return {"serverTime": self.now_ms()}
        endpoint = self._endpoints.table.get((incoming.method, incoming.path))
        is_missing = incoming.path.startswith("/sapi") and self.environment is Environment.TESTNET
        if endpoint is None or is_missing:
            raise ExchangeError(404, -1000, "Path not found.")
        key = self._proven(incoming, signed_by)
        if incoming.session is not None:
            check_timing(incoming.params, self.now_ms())
        answer = endpoint(key, incoming.params)
        self._announce(incoming, key.account, answer)
        return answer

    def _proven(self, incoming: Incoming, signed_by: str | None) -> RegisteredKey:
        key = check_key(incoming, self.keys, self.environment)
        if incoming.session is None:
            check_timing(incoming.params, self.now_ms())
            check_signature(incoming, signed_by)
        return key

    def _summary(self, incoming: Incoming, signed_by: str | None, code: int) -> RecordedRequest:
        key = self.keys.find(incoming.api_key or "")
        return RecordedRequest(
            incoming.method,
            incoming.path,
            incoming.api_key,
            code,
            signed_by=signed_by,
            params={k: v for k, v in incoming.params.items() if k != "signature"},
            account=key.account if key else None,
            transport=incoming.transport,
            time_ms=self.now_ms(),
            is_placed=not code and is_order(incoming.method, incoming.path),
        )
