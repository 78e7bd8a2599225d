"""`FaultProxy`: a real HTTP or HTTPS server in front of another, that can fail in every way.

All four cloud stores are tested through it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from serving import end
from waiting import PATIENCE

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "date", "server", "keep-alive"}

Fault = Callable[["_Handler", int, dict[str, str], bytes], None]


class FaultProxy:
    """Forward requests to `upstream`; while `fault` is set, spoil the answer.

    Args:
        upstream: base URL of the real server.
        server_tls: context to serve HTTPS with; `None` serves HTTP.
        client_tls: context to reach an HTTPS upstream with.
        host: the name in `url`.
    """

    def __init__(
        self,
        upstream: str,
        *,
        server_tls: ssl.SSLContext | None = None,
        client_tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.fault: Fault | None = None
        self.faults_left: int | None = None  # how many answers are still spoilt; None: all
        self.delay_seconds = 0.0
        self.requests: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.stopped = threading.Event()
        self.lets_go = threading.Event()
        parts = urlsplit(upstream)

        def connect() -> http.client.HTTPConnection:
            if parts.scheme == "https":
                return http.client.HTTPSConnection(
                    parts.netloc, timeout=PATIENCE, context=client_tls
                )
            return http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)

        handler = type("Handler", (_Handler,), {"proxy": self, "connect": staticmethod(connect)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        if server_tls is not None:
            self._server.socket = server_tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if server_tls else "http"
        self.url = f"{scheme}://{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.stopped.set()
        self.recover()
        end(self._server)

    def recover(self) -> None:
        """Answer again, as a server that was started anew: what hangs loses its connection."""
        self.fault = None
        hanging, self.lets_go = self.lets_go, threading.Event()
        hanging.set()

    @contextmanager
    def failing(self, fault: Fault, times: int | None = None):
        self.fault, self.faults_left = fault, times
        try:
            yield self
        finally:
            self.fault = None

    @contextmanager
    def counting(self):
        """Give a list of the requests of the block, as `METHOD PATH`, filled at its end."""
        begin, found = len(self.requests), []
        yield found
        found += self.requests[begin:]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address) -> None:
        """Clients that give up are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body, sent apart, wait for each other
    wbufsize = -1
    proxy: FaultProxy
    connect: Callable[[], http.client.HTTPConnection]
    lets_go: threading.Event

    def _forward(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the client has ended: no server does half of a request
            self.close_connection = True
            return
        proxy = self.proxy
        target = self.headers.get("X-Amz-Target", "")
        proxy.requests.append(f"{self.command} {target or self.path}")
        proxy.heads.append(dict(self.headers))
        if proxy.delay_seconds:
            proxy.stopped.wait(proxy.delay_seconds)
        fault = self._next_fault()
        if fault is not None and _is_alone(fault, self):
            fault(self, 200, {}, b"")
            return
        connection = self.connect()
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        head = {k: v for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP}
        (fault or answer)(self, response.status, head, content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = _forward

    def _next_fault(self) -> Fault | None:
        proxy = self.proxy
        self.lets_go = proxy.lets_go  # before the fault counts, which a test may wait for
        if proxy.fault is None or proxy.faults_left == 0:
            return None
        if proxy.faults_left is not None:
            proxy.faults_left -= 1
        return proxy.fault

    def log_message(self, *arguments) -> None:
        """Tests read `requests`."""


def _is_alone(fault: Fault, handler: _Handler) -> bool:
    """Return whether the upstream never hears of the request; a fault may decide it by that."""
    decides = getattr(fault, "needs_no_upstream", False)
    return decides(handler) if callable(decides) else decides


def answer(handler: _Handler, status: int, head: dict[str, str], body: bytes) -> None:
    handler.send_response(status)
    for name, value in head.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


def hang(handler: _Handler, status: int, head: dict[str, str], body: bytes) -> None:
    """Accept, and answer nothing until it recovers."""
    handler.lets_go.wait(PATIENCE)
    handler.close_connection = True


def trickle(handler: _Handler, status: int, head: dict[str, str], body: bytes) -> None:
    """Send a byte at a time: no socket's timeout ends this."""
    handler.send_response(status)
    handler.send_header("Content-Type", head.get("Content-Type", "application/json"))
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.flush()
    try:
        while not handler.proxy.stopped.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass
    handler.close_connection = True


def reset(handler: _Handler, status: int, head: dict[str, str], body: bytes) -> None:
    """Break off in the middle of the body, with a TCP reset."""
    handler.send_response(status)
    handler.send_header("Content-Type", head.get("Content-Type", "application/json"))
    handler.send_header("Content-Length", str(len(body) + 100))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def truncated(handler: _Handler, status: int, head: dict[str, str], body: bytes) -> None:
    """Answer with half of the JSON, as if that were all."""
    answer(handler, status, head, body[: len(body) // 2])


def status(code: int, body: bytes = b"{}", **head: str) -> Fault:
    """Answer with a status instead of asking; names of headers with _ for -."""
    named = {name.replace("_", "-"): value for name, value in head.items()}

    def fault(handler: _Handler, *_: object) -> None:
        answer(handler, code, {"Content-Type": "application/json", **named}, body)

    fault.needs_no_upstream = True
    return fault


def bare(content: bytes) -> Fault:
    """Send these bytes in the place of an answer, and close the connection."""

    def fault(handler: _Handler, *_: object) -> None:
        handler.wfile.write(content)
        handler.wfile.flush()
        handler.close_connection = True

    fault.needs_no_upstream = True
    return fault


hang.needs_no_upstream = True
trickle.needs_no_upstream = True


def refusing_address() -> str:
    """Return host and port where nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"
