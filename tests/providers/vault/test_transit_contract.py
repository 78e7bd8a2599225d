"""Keys of Transit obey the laws of every key outside."""

from __future__ import annotations

import pytest
from fault_proxy import FaultProxy, hang
from support import token
from transit_owner import TransitOwner

from binance_creds.testing import SignerContract


class TestEd25519(SignerContract):
    @pytest.fixture(autouse=True)
    def _key(self, operator, vault):
        self.owner = TransitOwner(operator)
        self.name = self.make()
        self.hanging = FaultProxy(vault.url)
        self.hanging.fault = hang
        yield
        self.hanging.close()

    def make(self) -> str:
        return self.owner.make()

    def address(self, name: str, url: str) -> str:
        return f"vault-transit://{self.owner.mount}/{name}?address={url}"

    def uri(self):
        return self.address(self.name, self.owner.proxy.url)

    def missing(self):
        return self.address("nothing", self.owner.proxy.url)

    def silent(self):
        return self.address(self.name, self.hanging.url)


class TestRsa(TestEd25519):
    def make(self) -> str:
        return self.owner.make("rsa-2048")


class TestHmac(TestEd25519):
    def make(self) -> str:
        return self.owner.import_hmac(token())
