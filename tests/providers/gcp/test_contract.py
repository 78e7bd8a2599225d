"""Secret Manager obeys every law, over both transports."""

from __future__ import annotations

import json

import pytest
from gcp_server import BOT

from binance_creds.providers.google.secret_manager import SecretManagerProvider
from binance_creds.testing import StoreContract

pytestmark = pytest.mark.unmeasured

NAME = "projects/my-project/secrets"


class Laws(StoreContract):
    """What both transports share."""

    transport = ""

    @pytest.fixture(autouse=True)
    def _served(self, server):
        self.backend = server.backend
        self.options = f"?transport={self.transport}&endpoint={getattr(server, self.transport)}"

    def open(self, uri):
        return SecretManagerProvider(uri)

    def write(self, fields):
        self.backend.put(f"{NAME}/bot", json.dumps(fields))
        return f"gcp-sm://my-project/bot{self.options}"

    def missing(self):
        return f"gcp-sm://my-project/nothing{self.options}"

    def malformed(self):
        self.backend.put(f"{NAME}/bad", "{")
        return f"gcp-sm://my-project/bad{self.options}"

    def denied(self):
        self.backend.denied.add((BOT, "secretmanager.versions.access"))
        return self.write({})


class TestGrpc(Laws):
    transport = "grpc"


class TestRest(Laws):
    transport = "rest"
