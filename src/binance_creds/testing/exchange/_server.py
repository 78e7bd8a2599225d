"""The HTTP server of the local exchange."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._enums import Environment, KeyType
from binance_creds.testing.exchange._checks import (
    ExchangeError,
    Incoming,
    check_key,
    check_signature,
    check_timing,
)
from binance_creds.testing.exchange._endpoints import Endpoints
from binance_creds.testing.exchange._keys import KeyRing

if TYPE_CHECKING:
    from typing import Self

    from binance_creds.testing.exchange._keys import IssuedKey

__all__ = ["FakeExchange", "RecordedRequest"]


class RecordedRequest(NamedTuple):
    """What a request was answered with, and which key it named.

    Attributes:
        method: the HTTP method.
        path: without the query.
        api_key: the header, or `None`.
        code: the exchange's error code; 0 for success.
    """

    method: str
    path: str
    api_key: str | None
    code: int


class FakeExchange:
    """A local Binance for tests: signed REST endpoints over a real socket.

    Checks keys, addresses, permissions, timestamps, percent-encoding and signatures, and answers
    with the documented codes. Market data, WebSockets and matching are not there.

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
        self.environment = environment
        self.clock_offset_ms = clock_offset_ms
        self.keys: Final = KeyRing(environment)
        self._endpoints: Final = Endpoints()
        self._lock = threading.Lock()  # guards _requests and _throttled
        self._requests: list[RecordedRequest] = []
        self._throttled: list[ExchangeError] = []
        self._server: _Server | None = None

    def start(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(0.02,),
            name="FakeExchange",
            daemon=True,
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop listening and wait for the threads. Closing twice is fine."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

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
        if self._server is None:
            msg = "the exchange is not running; use it in a with statement"
            raise RuntimeError(msg)
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request so far, in the order of their answers."""
        with self._lock:
            return list(self._requests)

    def issue(self, key_type: KeyType = KeyType.HMAC, **options: object) -> IssuedKey:
        """Make, register and return a new key; the same as `keys.issue`."""
        return self.keys.issue(key_type, **options)

    def accepted(self, api_key: str) -> int:
        """Return how many requests with a key succeeded."""
        return sum(r.api_key == api_key and not r.code for r in self.requests)

    def rejected(self) -> list[RecordedRequest]:
        """Return the requests that were refused."""
        return [request for request in self.requests if request.code]

    def throttle(self, count: int = 1, *, status: int = 429, retry_after_seconds: int = 1) -> None:
        """Answer the next requests with 429 (too many) or 418 (banned for going on).

        Source: binance-spot-api-docs a5e0bc3d, rest-api.md, IP Limits.
        """
        error = ExchangeError(
            status,
            -1003,
            "Too much request weight used; current limit is 6000 request weight per 1 MINUTE.",
            retry_after=retry_after_seconds,
        )
        with self._lock:
            self._throttled += [error] * count

    def answer(self, incoming: Incoming) -> dict[str, object]:
        """Return the answer to a request, and record it.

        Raises:
            ExchangeError: it is refused.
        """
        code = -1000
        try:
            answer = self._answer(incoming)
            code = 0
        except ExchangeError as error:
            code = error.code
            raise
        finally:
            record = RecordedRequest(incoming.method, incoming.path, incoming.api_key, code)
            with self._lock:
                self._requests.append(record)
        return answer

    def _answer(self, incoming: Incoming) -> dict[str, object]:
        with self._lock:
            throttled = self._throttled.pop() if self._throttled else None
        if throttled is not None:
            raise throttled
        if incoming.path == "/api/v3/ping":
            return {}
        if incoming.path == "/api/v3/time":
            return {"serverTime": int(time.time() * 1000) + self.clock_offset_ms}
        endpoint = self._endpoints.table.get((incoming.method, incoming.path))
        is_missing = incoming.path.startswith("/sapi") and self.environment is Environment.TESTNET
        if endpoint is None or is_missing:
            raise ExchangeError(404, -1000, "Path not found.")
        key = check_key(incoming, self.keys, self.environment)
        params = incoming.params
        check_timing(params, offset_ms=self.clock_offset_ms)
        check_signature(incoming, key)
        return endpoint(key, params)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, exchange: FakeExchange) -> None:
        self.exchange = exchange
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]  # of this server only

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        incoming = Incoming(
            self.command,
            path,
            query,
            body,
            self.headers.get("X-MBX-APIKEY"),
            str(self.client_address[0]),
        )
        try:
            self._send(200, self.server.exchange.answer(incoming))
        except ExchangeError as error:
            self._send(
                error.status,
                {"code": error.code, "msg": error.message},
                retry_after=error.retry_after,
            )

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  # http.server's names

    def _send(self, status: int, answer: dict[str, object], *, retry_after: int = 0) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-MBX-USED-WEIGHT-1M", "1")
        if retry_after:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Keep signed URLs out of standard error."""
