"""The laws of every provider, over the real SDK and a vault on loopback."""

from __future__ import annotations

import json
import secrets

import pytest

from binance_creds.providers import Diagnose, PreviousVersion, Probe, Store
from binance_creds.providers.azure.key_vault import KeyVaultProvider
from binance_creds.testing import StoreContract


class TestKeyVault(StoreContract):
    """Obeys every law."""

    is_atomic = False

    @pytest.fixture(autouse=True)
    def _vault(self, azure) -> None:
        self.azure = azure
        self.options = f"auth=secret&authority={azure.authority}"

    def source(self, name: str) -> str:
        return f"azure-kv://{self.azure.host}/{name}?{self.options}"

    def open(self, uri):
        return KeyVaultProvider(uri)

    def write(self, fields):
        self.azure.put("bot", json.dumps(dict(fields)))
        return self.source("bot")

    def missing(self):
        return self.source("nothing")

    def malformed(self):
        self.azure.put("bad", "{")
        return self.source("bad")

    def denied(self):
        client_id = secrets.token_hex(16)
        self.azure.clients[client_id] = next(iter(self.azure.clients.values()))
        self.azure.allowed[client_id] = set()
        return f"{self.source('bot')}&client_id={client_id}"

    def test_it_can_do_what_its_store_can(self) -> None:
        """And has no batch, because the vault has none."""
        provider = self.open(self._uri())
        assert all(isinstance(provider, kind) for kind in (Diagnose, PreviousVersion, Probe, Store))
        assert not hasattr(provider, "fetch_many")

    def _uri(self):
        from binance_creds import SourceURI

        return SourceURI.parse(self.missing())
