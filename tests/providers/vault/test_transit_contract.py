"""Keys of Transit obey the laws of every key outside."""

from __future__ import annotations

import pytest
from fault_proxy import FaultProxy, answer, hang, reset
from support import token
from transit_owner import TransitOwner

from binance_creds.testing import KeyMakerContract

pytestmark = pytest.mark.unmeasured


class TestEd25519(KeyMakerContract):
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

    def vacant(self):
        return self.address(f"new-{token()[:8].lower()}", self.owner.proxy.url)

    def unnameable(self):
        return f"{self.vacant()}&key_version=1"

    def losing_answers(self):
        """A request that does not read loses its answer, once it is done."""

        def lose(handler, status, head, body):
            (answer if handler.command == "GET" else reset)(handler, status, head, body)

        return self.owner.proxy.failing(lose)

    def how_many(self) -> int:
        return self.owner.how_many()

    def silent(self):
        return self.address(self.name, self.hanging.url)


class TestRsa(TestEd25519):
    def make(self) -> str:
        return self.owner.make("rsa-2048")


class TestHmac(TestEd25519):
    def make(self) -> str:
        return self.owner.import_hmac(token())
