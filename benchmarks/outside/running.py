"""A service of `benchmarks.outside.servers` as a benchmark sees it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from unittest import mock

from benchmarks.core import Bench


class Running:
    """A service that runs as long as the bench.

    Attributes:
        told: what it says of itself.
    """

    def __init__(self, bench: Bench, kind: str) -> None:
        command = [sys.executable, "-m", "benchmarks.outside.servers", kind]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        bench.stack.enter_context(process)
        bench.stack.callback(process.kill)
        self._process = process
        self.told: Mapping[str, Any] = json.loads(process.stdout.readline())

    def store(self, name: str, pair: Mapping[str, str]) -> None:
        """Give a secret a new version; `announced` is announced where the service does that."""
        print(name, json.dumps(pair), file=self._process.stdin, flush=True)
        self._process.stdout.readline()


def login(bench: Bench, **variables: str) -> None:
    """Set variables of the environment for as long as the bench runs."""
    bench.stack.enter_context(mock.patch.dict(os.environ, variables))


def azure_login(bench: Bench, told: Mapping[str, Any]) -> str:
    """Let the names of the service be this machine; return the options that log in there."""
    login(
        bench,
        REQUESTS_CA_BUNDLE=told["bundle"],
        AZURE_TENANT_ID=told["tenant"],
        AZURE_CLIENT_ID=told["client"],
        AZURE_CLIENT_SECRET=told["secret"],
    )
    resolve, names = socket.getaddrinfo, tuple(told["names"])

    def local(host: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(names) else host, *args, **kwargs)

    bench.stack.enter_context(mock.patch.object(socket, "getaddrinfo", local))
    return f"auth=secret&authority={told['authority']}"
