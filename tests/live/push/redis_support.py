"""A real Redis server, for one test."""

from __future__ import annotations

import socket
import subprocess
from contextlib import closing

import redis
from waiting import PATIENCE, wait_for

from binance_creds._uri import SourceURI
from binance_creds.live.push.redis import RedisAnnouncements


class RedisServer:
    """A redis-server of its own, on a loopback port that it keeps over a restart."""

    def __init__(self, *options: str) -> None:
        with closing(socket.socket()) as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.options = options
        self.opened = []
        self.start()

    def start(self) -> None:
        kind = ("--port", "0", "--tls-port") if self.options else ("--port",)
        command = ["redis-server", *kind, str(self.port), *self.options, "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self.listens, "the start of redis-server")

    def listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.stop()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def client(self) -> redis.Redis:
        self.opened.append(redis.Redis(port=self.port, protocol=2))
        return self.opened[-1]

    def uri(self, more: str = "", scheme: str = "redis") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/0{more}"

    def listen(self, more: str = "", scheme: str = "redis") -> RedisAnnouncements:
        self.opened.append(RedisAnnouncements(SourceURI.parse(self.uri(more, scheme))))
        return self.opened[-1]
