"""AWS Secrets Manager obeys the laws of every provider."""

from __future__ import annotations

import pytest
from support import token

from binance_creds.providers.aws.secrets_manager import SecretsManagerProvider
from binance_creds.testing import StoreContract

pytestmark = pytest.mark.unmeasured


class TestAws(StoreContract):
    @pytest.fixture(autouse=True)
    def _store(self, account):
        self.account = account
        self.name = f"bot/{token()[:12]}"

    def open(self, uri):
        return SecretsManagerProvider(uri)

    def write(self, fields):
        self.account.put(self.name, dict(fields))
        return self.account.source(self.name)

    def missing(self):
        return self.account.source("bot/never-was")

    def empty(self):
        return self.account.source(f"{self.name}/empty")

    def malformed(self):
        self.account.put("bot/odd", '{"user": "x"}')
        return self.account.source("bot/odd")
