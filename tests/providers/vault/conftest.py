"""A Vault: `bao` or `vault` from PATH in development mode, else a small server of these tests."""

from __future__ import annotations

import os

import pytest
import trustme
from fault_proxy import FaultProxy
from small_vault import SmallVault
from vault_servers import PROGRAM, DevServer, Operator, SecureVault

from binance_creds.providers.vault._session import SESSIONS


@pytest.fixture(scope="session")
def authority():
    """Of the client certificates."""
    return trustme.CA()


@pytest.fixture(scope="session")
def start(tmp_path_factory, authority):
    servers = []

    def one(*, tls: bool = False, small: bool = PROGRAM is None):
        folder = tmp_path_factory.mktemp("vault")
        if not small:
            server = DevServer(folder, tls=tls)
        else:
            server = SecureVault(folder, authority) if tls else SmallVault()
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
    SESSIONS.clear()
    yield monkeypatch
    SESSIONS.clear()


@pytest.fixture
def proxy(vault):
    proxy = FaultProxy(vault.url)
    yield proxy
    proxy.close()


@pytest.fixture
def operator(vault, proxy, machine, tmp_path):
    machine.setenv("VAULT_TOKEN", vault.root_token)
    return Operator(vault, proxy, tmp_path)


@pytest.fixture(scope="session")
def secure_vault(start):
    return start(tls=True)


@pytest.fixture
def secure(secure_vault, proxy, machine, tmp_path):
    """The owner of a server that speaks TLS; without a proxy in between."""
    return Operator(secure_vault, proxy, tmp_path)


@pytest.fixture
def small(start, machine, tmp_path):
    """The owner of a small server, for what a development server does not have."""
    server = start(small=True)
    proxy = FaultProxy(server.url)
    yield Operator(server, proxy, tmp_path)
    proxy.close()
