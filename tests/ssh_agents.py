"""OpenSSH's agent, with keys that are made for it."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import struct
import subprocess
import threading
from base64 import b64decode, b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_public_key,
)
from programs import program
from waiting import is_listening, wait_for

if TYPE_CHECKING:
    from pathlib import Path

SIGN = 13  # draft-ietf-sshm-ssh-agent, Message Numbers


class Agent:
    """Run an agent; `ssh-add` and `ssh-keygen` are the user's own way to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ask = folder / "ask"  # types the password of a lock; nobody confirms a signature
        self._ask.write_text(
            '#!/bin/sh\ncase "$1" in *assword*|Again*) echo pass ;; *) exit 1 ;; esac\n'
        )
        self._ask.chmod(0o700)
        self.socket = f"{folder}/agent"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [program("ssh-agent"), "-D", "-a", self.socket],
            stdout=subprocess.DEVNULL,
            env={**os.environ, **self._asking},
        )
        wait_for(lambda: is_listening(self.socket), "the agent")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def kill(self) -> None:
        """End it as a crash does: its socket stays, and nobody listens."""
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def add(self, kind: str = "ed25519", *more: str, bits: str = "") -> str:
        """Make a key, add it, and return its fingerprint."""
        path = self._folder / f"{kind}-{len(list(self._folder.iterdir()))}"
        size = ("-b", bits) if bits else ()
        self._run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-f", str(path))
        self.path = path
        self.add_again(path, *more)
        return self._run("ssh-keygen", "-l", "-f", str(path)).split()[1]

    def add_again(self, path: Path, *more: str) -> None:
        self._run("ssh-add", "-q", *more, str(path))

    def remove(self, path: Path) -> None:
        self._run("ssh-add", "-q", "-d", str(path))

    def public_pem(self) -> str:
        """Return the public half of the key that was made last, as the exchange wants it."""
        key = load_ssh_public_key(self.path.with_suffix(".pub").read_bytes())
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def names(self) -> list[str]:
        """Return the fingerprints that the agent lists."""
        return [line.split()[1] for line in self._run("ssh-add", "-l").splitlines()]

    def lock(self) -> None:
        self._run("ssh-add", "-x")

    def unlock(self) -> None:
        self._run("ssh-add", "-X")

    @property
    def _asking(self) -> dict[str, str]:
        return {"SSH_ASKPASS": str(self._ask), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}

    def _run(self, name: str, *arguments: str) -> str:
        environ = {**os.environ, **self._asking, "SSH_AUTH_SOCK": self.socket}
        done = subprocess.run(
            [program(name), *arguments], capture_output=True, text=True, check=True, env=environ
        )
        return done.stdout


@contextmanager
def answering(path: str, answer):
    """Listen at a path and answer each message as an agent that is not OpenSSH's."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(16)

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection) -> None:
        with connection:
            while head := connection.recv(4):
                said = connection.recv(struct.unpack(">I", head)[0])
                parts = answer(said)
                try:
                    for part in parts:
                        connection.sendall(part)
                except OSError:
                    return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield path
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


class Between:
    """Stand between a program and an agent: count what is signed, and take time for it.

    Attributes:
        signed: how many signatures were asked for.
        seconds: how long each takes.
    """

    def __init__(self, agent: Agent) -> None:
        self._agent, self.signed, self.seconds = agent, 0, 0.0

    def __call__(self, said: bytes):
        if said[0] == SIGN:
            self.signed += 1
            threading.Event().wait(self.seconds)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._agent.socket)
            connection.sendall(text(said))
            head = connection.recv(4)
            yield head + connection.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)


def text(data: bytes) -> bytes:
    """Return a string as the protocol writes it."""
    return struct.pack(">I", len(data)) + data


def framed(kind: int, *parts: bytes) -> bytes:
    return text(bytes([kind]) + b"".join(parts))


def fingerprint_of(public) -> str:
    """Return the fingerprint of a public key of `cryptography`."""
    line = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return fingerprint(b64decode(line.split()[1]))


def fingerprint(blob: bytes) -> str:
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
