"""What the tests of all adapters share."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest


@pytest.fixture(autouse=True)
def _loop(loop) -> None:
    """Every second test makes a client of python-binance."""


class Seen(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: object
    body: bytes


class Recorder(ThreadingHTTPServer):
    """Answer everything with `{}`, or with a redirect, and keep what came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.redirects: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Recording)
        self.port = self.server_port
        self.url = f"http://127.0.0.1:{self.port}"


class _Recording(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(Seen(self.command, self.path, self.headers, body))
        leads = self.server.redirects.get(self.path.partition("?")[0])
        self.send_response(302 if leads else 200)
        if leads:
            self.send_header("Location", leads)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def recorder():
    """Give a server that answers everything, and knows what arrived."""
    server = Recorder()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
