"""The HTTP server of the local exchange."""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from binance_creds.testing.exchange._errors import Dropped, ExchangeError, OtherAnswer
from binance_creds.testing.exchange._incoming import HttpRequest, from_http

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._incoming import Incoming

    Answer = Callable[[Incoming], object]

__all__ = ["HttpServer"]


class HttpServer:
    """Serve a function of requests on a free port of 127.0.0.1, until it is closed."""

    def __init__(self, answer: Answer) -> None:
        self._server = _Server(answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(0.02,),
            name="FakeExchange",
            daemon=True,
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening, wait for the thread that accepts, and end what it has accepted."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server.end_connections()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection, and remember it."""
        accepted, address = super().get_request()
        self._open.add(accepted)
        return accepted, address

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]  # of TCP
        """Forget a connection that is served."""
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """End the connections that clients keep open; their threads end with them."""
        for connection in tuple(self._open):
            with suppress(OSError):  # it has just ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Be silent where a client went away before its answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # a socket


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]  # of this server only

    def _serve(self) -> None:
        incoming = from_http(
            HttpRequest(
                self.command,
                self.path,
                self._body(),
                content_type=self.headers.get("Content-Type", ""),
                api_key=",".join(self.headers.get_all("X-MBX-APIKEY", [])) or None,
                address=str(self.client_address[0]),
            )
        )
        try:
            self._send(200, self.server.answer(incoming))
        except ExchangeError as error:
            self._send(
                error.status,
                error.told(),
                retry_after=error.retry_after,
            )
        except OtherAnswer as other:
            self._send_body(other.status, other.body, other.content_type)
        except Dropped:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  # http.server's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()  # the end of the chunk
        while self.rfile.readline().strip():
            pass  # trailers
        return body

    def _send(self, status: int, answer: object, *, retry_after: int = 0) -> None:
        data = json.dumps(answer).encode()
        self._send_body(status, data, "application/json;charset=UTF-8", retry_after=retry_after)

    def _send_body(
        self, status: int, data: bytes, content_type: str, *, retry_after: int = 0
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-MBX-USED-WEIGHT-1M", "1")
        if retry_after:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Keep signed URLs out of standard error."""
