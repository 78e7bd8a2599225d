"""The vault of these tests, and a login that may do everything in it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for server.py, under a name of its own

from azure.keyvault.keys._shared import http_challenge_cache as key_challenges
from azure.keyvault.secrets._shared import http_challenge_cache
from azure_keys import PERMISSIONS
from azure_server import TENANT, FakeAzure, resolved_here

from binance_creds.providers.azure import _client as azure_client
from binance_creds.providers.azure.keys import _client as keys_client

ALL = ("get", "list", "set", "get-deleted", "delete", "purge", *PERMISSIONS)


@pytest.fixture(autouse=True)
def _clean(monkeypatch) -> None:
    """No client, challenge or variable of another test; .test is this machine; short pauses."""
    for name in list(os.environ):
        if name.upper().startswith(("AZURE_", "IDENTITY_", "MSI_", "IMDS_")):
            monkeypatch.delenv(name)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("binance_creds.providers.remote._retries.FIRST_PAUSE_SECONDS", 0.001)
    azure_client.CLIENTS.clear()
    keys_client.CLIENTS.clear()
    http_challenge_cache.clear()
    key_challenges.clear()
    monkeypatch.setattr(socket, "getaddrinfo", resolved_here(socket.getaddrinfo))


@pytest.fixture(scope="session")
def _server():
    server = FakeAzure()
    yield server
    server.close()


@pytest.fixture
def azure(_server, tmp_path, monkeypatch):
    """The server, trusted, with nothing in it, and a client that may do everything."""
    _server.reset()
    bundle = tmp_path / "ca.pem"
    _server.ca.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    client_id, secret = _server.client(*ALL)
    monkeypatch.setenv("AZURE_CLIENT_ID", client_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", secret)
    return _server
