"""A server that answers every request at once, in a process of its own: of HTTP only the length."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

SERVER = """
import socket, threading
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}"

def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while received := connection.recv(65536):
        data += received
        while b"\\r\\n\\r\\n" in data:
            data = data.partition(b"\\r\\n\\r\\n")[2]
            connection.sendall(ANSWER)

server = socket.create_server(("127.0.0.1", 0), backlog=2000)
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
"""


def answering(stack: ExitStack) -> str:
    """Return the URL of a server that runs as long as the stack."""
    return f"http://127.0.0.1:{started(stack, '-c', SERVER)}"


def started(stack: ExitStack, *arguments: str) -> str:
    """Start a program of Python for as long as the stack; return the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    return process.stdout.readline().strip()
