"""The servers of these tests end as a client can take it."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import serving


def test_who_is_connecting_while_a_server_ends_is_not_reset() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    server.shutdown()
    with socket.create_connection(server.server_address) as client:
        serving.end(server)
        serving.end(server)
        assert client.getpeername() == server.server_address
        assert client.recv(1) == b""
