"""`Listener`: stands for a server, or a proxy, of which only matters what reaches it."""

from __future__ import annotations

import socket
import threading

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
"""The variables that name a proxy; clients read them in either case."""


class Listener:
    """Note what each connection begins with, and end it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def be_proxy(self, monkeypatch) -> None:
        """Let the environment name this for everything."""
        for name in PROXIES:
            for spelt in (name, name.upper()):
                monkeypatch.setenv(spelt, f"http://127.0.0.1:{self.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
