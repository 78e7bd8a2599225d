"""The keys of an Azure Key Vault, which are RSA, and the authority of its logins."""

from __future__ import annotations

import socket
from contextlib import contextmanager

from azure.keyvault.keys._shared import http_challenge_cache
from azure_keys import PERMISSIONS
from azure_server import TENANT, FakeAzure, resolved_here
from support import token

from binance_creds import KeyType
from binance_creds.providers.azure.keys._client import CLIENTS
from key_stores.front import Front
from key_stores.store import Kept, KeyStore, new_private, swapped_private


class AzureKeys(KeyStore):
    scheme = "azure-keys"
    key_types = elsewhere = (KeyType.RSA,)
    prelude = (
        "import socket; found = socket.getaddrinfo; socket.getaddrinfo = lambda host, *more, **named:"
        " found('127.0.0.1' if str(host).endswith('.test') else host, *more, **named)"
    )

    def __init__(self, folder, authority) -> None:
        self.azure = FakeAzure()
        self.front = Front(("127.0.0.1", self.azure.port))
        self.azure.port = self.front.port  # which its answers name
        self.azure.ca.cert_pem.write_to_path(f"{folder}/ca.pem")
        self._id, secret = self.azure.client(*PERMISSIONS)
        self.environ = {
            "REQUESTS_CA_BUNDLE": f"{folder}/ca.pem",
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": self._id,
            "AZURE_CLIENT_SECRET": secret,
        }

    def prepare(self, patch) -> None:
        super().prepare(patch)
        patch.setattr(socket, "getaddrinfo", resolved_here(socket.getaddrinfo))

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        private, name = new_private(key_type), over.name if over else token()[:12]
        self.azure.keys.make(name, private=private)
        login = f"auth=secret&authority={self.azure.authority}"
        return Kept(f"azure-keys://{self.azure.host}/{name}?{login}{more}", private, name)

    @contextmanager
    def throttled(self, key: Kept):
        refusal = (429, {}, {"error": {"code": "Throttled", "message": "no"}})
        self.azure.fail("vault", *[refusal] * 100)
        yield
        self.azure.faults["vault"].clear()

    @contextmanager
    def denied(self, key: Kept):
        allowed = self.azure.allowed[self._id]
        self.azure.allowed[self._id] = set()
        yield
        self.azure.allowed[self._id] = allowed

    @contextmanager
    def disabled(self, key: Kept):
        version = self.azure.keys.versions[key.name][-1]
        version.attributes["enabled"] = False
        yield
        version.attributes["enabled"] = True

    @contextmanager
    def swapped(self, key: Kept):
        with swapped_private(self.azure.keys.versions[key.name][-1]):
            yield

    def close(self) -> None:
        CLIENTS.clear()
        http_challenge_cache.clear()
        self.front.close()
        self.azure.close()
