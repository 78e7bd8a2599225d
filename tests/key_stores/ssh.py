"""OpenSSH's agent."""

from __future__ import annotations

import os
from contextlib import contextmanager

from cryptography.hazmat.primitives.serialization import PrivateFormat, load_pem_public_key
from ssh_agents import Agent, fingerprint_of

from binance_creds import KeyType
from key_stores.front import Front
from key_stores.store import Kept, KeyStore, new_private, private_pem, public_pem, query


class SshAgent(KeyStore):
    scheme = "ssh-agent"

    def __init__(self, folder, authority) -> None:
        self._folder = folder
        self.agent = Agent(folder)
        self.front = Front(self.agent.socket, f"{folder}/front")
        self.environ = {"SSH_AUTH_SOCK": self.front.address}

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        private = new_private(key_type)
        path = self._folder / f"key-{len(list(self._folder.iterdir()))}"
        path.touch(0o600)
        path.write_bytes(private_pem(private, PrivateFormat.OpenSSH))
        self.agent.add_again(path)
        name = fingerprint_of(load_pem_public_key(public_pem(private).encode()))
        return Kept(f"ssh-agent:{name}{query(more)}", private, str(path))

    @contextmanager
    def killed(self, key: Kept):
        self.agent.kill()
        yield
        os.unlink(self.agent.socket)  # as whoever starts one does
        self.agent.start()
        self.agent.add_again(key.name)

    @contextmanager
    def locked(self, key: Kept):
        self.agent.lock()
        yield
        self.agent.unlock()

    @contextmanager
    def removed(self, key: Kept):
        self.agent.remove(key.name)
        yield
        self.agent.add_again(key.name)

    @contextmanager
    def declined(self, key: Kept):
        """Nobody is there to confirm."""
        self.agent.remove(key.name)
        self.agent.add_again(key.name, "-c")
        yield
        self.agent.remove(key.name)
        self.agent.add_again(key.name)

    def close(self) -> None:
        self.front.close()
        self.agent.resume()
        self.agent.stop()
