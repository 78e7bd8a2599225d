"""In a child process of the tests: `.test` is this machine, as DNS makes it for a real vault."""

import os
import socket

_resolve = socket.getaddrinfo


def _local(host, *args, **kwargs):
    return _resolve("127.0.0.1" if str(host).endswith(".test") else host, *args, **kwargs)


socket.getaddrinfo = _local

if os.environ.get("KILL_AT"):
    import kill_at  # noqa: F401  # which sees to that
