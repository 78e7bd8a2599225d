"""`Front`: what stands before a server, whatever it speaks, and can keep everybody from it."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress

Address = tuple[str, int] | str
NOISE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


class Front:
    """Pass the bytes of each connection on.

    Args:
        upstream: host and port, or the path of a Unix socket.
        address: where it listens, in the same form.
    """

    def __init__(self, upstream: Address, address: Address = ("127.0.0.1", 0)) -> None:
        self.upstream, self.address = upstream, address
        self._fault: str | None = None
        self._connections: set[socket.socket] = set()
        self._lost: set[socket.socket] = set()
        self._listen()

    @property
    def port(self) -> int:
        return self.address[1]

    @contextmanager
    def failing(self, fault: str):
        """Be `gone` or `hung`, or answer with `noise`, for the time of the block.

        Or be `forgotten`: as by a router, connections that are open lead nowhere, and new ones do.
        """
        self._fault, self._lost = fault, self._connections.copy()
        if fault == "gone":
            self.close()
        yield
        self._fault = None
        self._drop()
        if fault == "gone":
            self._listen()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        """End all connections: a server that has failed knows none of them."""
        for one in tuple(self._connections):
            _end(one)

    def _listen(self) -> None:
        if isinstance(self.address, str):
            with suppress(FileNotFoundError):
                os.unlink(self.address)
        self._listener = socket.socket(_family(self.address))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self.address)
        self.address = self._listener.getsockname()
        self._listener.listen(64)
        _start(self._accept, self._listener)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                _start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(_family(self.upstream))
        pair = {client, server}
        self._connections |= pair
        with client, server, suppress(OSError):
            server.connect(self.upstream)
            back = _start(_copy, server, client)
            self._pass_on(client, server)
            _end(server)
            back.join()
        self._connections -= pair

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        while data := client.recv(65536):
            if self._fault == "noise":
                client.sendall(NOISE)
                return
            if self._fault is None or self._is_new(client):
                server.sendall(data)

    def _is_new(self, client: socket.socket) -> bool:
        return self._fault == "forgotten" and client not in self._lost


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _end(sink)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _family(address: Address) -> int:
    return socket.AF_UNIX if isinstance(address, str) else socket.AF_INET


def _start(call, *arguments) -> threading.Thread:
    thread = threading.Thread(target=call, args=arguments, daemon=True)
    thread.start()
    return thread
