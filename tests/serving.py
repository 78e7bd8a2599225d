"""The end of a server of the tests, while clients may still be connecting."""

from __future__ import annotations

import socket
import socketserver
from contextlib import suppress


def end(server: socketserver.TCPServer) -> None:
    """End a server that has run; who has connected meanwhile is closed, and not reset.

    Twice is fine.
    Up to Python 3.12 an `ssl.SSLSocket` that is made of a connection after its reset stays open,
    until some later test collects it.
    """
    server.shutdown()
    if server.fileno() < 0:
        return
    server.socket.settimeout(0)
    with suppress(BlockingIOError):
        while True:
            socket.socket.accept(server.socket)[0].close()  # without the handshake of TLS
    server.server_close()
