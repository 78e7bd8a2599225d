"""A Vault: `bao` or `vault` from PATH in development mode, else a small server of these tests."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time

import hvac
import pytest
from fault_proxy import FaultProxy
from small_vault import SmallVault
from support import token

from binance_creds.providers import hashicorp_vault

PROGRAM = shutil.which("bao") or shutil.which("vault")


class DevServer:
    """A real server, in memory, ended by its own process id."""

    def __init__(self, folder) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        self.root_token = f"root-{secrets.token_hex(8)}"
        self.url = f"http://127.0.0.1:{port}"
        self.name = subprocess.run([PROGRAM, "version"], capture_output=True, text=True).stdout.strip()
        self._process = subprocess.Popen(
            [PROGRAM, "server", "-dev", f"-dev-root-token-id={self.root_token}",
             f"-dev-listen-address=127.0.0.1:{port}", "-dev-no-store-token"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        client = hvac.Client(url=self.url, token=self.root_token)
        deadline = time.monotonic() + 30
        while True:
            try:
                client.secrets.kv.v2.read_configuration()
                return
            except Exception:
                assert time.monotonic() < deadline, "the development server does not start"
                time.sleep(0.05)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    servers = []

    def one():
        server = DevServer(tmp_path_factory.mktemp("vault")) if PROGRAM else SmallVault()
        servers.append(server)
        return server

    yield one
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def vault(start):
    return start()


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine without any token, certificate or address of its own."""
    for name in os.environ:
        if name.startswith(("VAULT_", "BAO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    hashicorp_vault._SESSIONS.clear()
    yield monkeypatch
    hashicorp_vault._SESSIONS.clear()


class Operator:
    """What the owner of the server does, with hvac and the root token."""

    def __init__(self, server, proxy: FaultProxy) -> None:
        self.server = server
        self.proxy = proxy
        self.client = hvac.Client(url=server.url, token=server.root_token)

    def put(self, path: str, fields: dict[str, str]) -> None:
        mount, _, name = path.partition("/")
        self.client.secrets.kv.v2.create_or_update_secret(name, fields, mount_point=mount)

    def source(self, path: str, more: str = "", *, url: str | None = None) -> str:
        return f"vault://{path}?address={url or self.proxy.url}{more}"

    def policy(self, *rules: str) -> str:
        name = f"p-{token()[:12].lower()}"
        text = "\n".join(f'path "{rule}" {{ capabilities = ["read"] }}' for rule in rules)
        self.client.sys.create_or_update_acl_policy(name, text)
        return name

    def token(self, *policies: str, ttl: str = "1h", **more) -> str:
        made = self.client.auth.token.create(policies=list(policies), ttl=ttl, **more)
        return made["auth"]["client_token"]

    def mount(self, kv: str) -> str:
        name = f"kv{token()[:10].lower()}"
        self.client.sys.enable_secrets_engine("kv", path=name, options={"version": kv})
        deadline = time.monotonic() + 10
        while kv == "2" and time.monotonic() < deadline:  # a real server upgrades a new mount
            try:
                self.client.secrets.kv.v2.create_or_update_secret("up", {"a": "b"}, mount_point=name)
                break
            except hvac.exceptions.InvalidRequest:
                time.sleep(0.05)
        return name

    def auth(self, kind: str) -> str:
        name = f"{kind}-{token()[:8].lower()}"
        self.client.sys.enable_auth_method(kind, path=name)
        return name


@pytest.fixture
def proxy(vault):
    proxy = FaultProxy(vault.url)
    yield proxy
    proxy.close()


@pytest.fixture
def operator(vault, proxy, machine):
    machine.setenv("VAULT_TOKEN", vault.root_token)
    return Operator(vault, proxy)
