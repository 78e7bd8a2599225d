"""Vault and OpenBao obey the laws of every provider, with both versions of the KV engine."""

from __future__ import annotations

import pytest
from support import token

from binance_creds.providers.vault.kv_secrets import VaultProvider
from binance_creds.testing import StoreContract


class TestKv2(StoreContract):
    @pytest.fixture(autouse=True)
    def _store(self, operator, vault, tmp_path, record_testsuite_property):
        record_testsuite_property("vault", vault.name)
        self.operator = operator
        self.folder = tmp_path
        self.path = f"secret/bot/{token()[:12]}"

    def open(self, uri):
        return VaultProvider(uri)

    def write(self, fields):
        self.operator.put(self.path, dict(fields))
        return self.operator.source(self.path)

    def missing(self):
        return self.operator.source("secret/bot/never-was")

    def empty(self):
        return self.operator.source(f"{self.path}/empty")

    def malformed(self):
        self.operator.put("secret/bot/odd", {"user": "x"})
        return self.operator.source("secret/bot/odd")

    def denied(self):
        self.operator.put("secret/bot/denied", {"user": "x"})
        token_file = self.folder / "token"
        token_file.write_text(self.operator.token(self.operator.policy("secret/data/other")))
        return self.operator.source("secret/bot/denied", f"&token_file={token_file}")


class TestKv1(TestKv2):
    is_atomic = False

    @pytest.fixture(autouse=True)
    def _mount(self, _store):
        self.mount = self.operator.mount("1")

    def empty(self):
        return self.operator.source(f"{self.mount}/empty")

    def write(self, fields):
        self.operator.client.secrets.kv.v1.create_or_update_secret(
            "bot", dict(fields), mount_point=self.mount
        )
        return self.operator.source(f"{self.mount}/bot")

    def denied(self):
        return None
