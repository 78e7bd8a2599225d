"""The Transit engine of a Vault: `bao` or `vault` from PATH, else the small one."""

from __future__ import annotations

from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from fault_proxy import FaultProxy, status
from small_vault import SmallVault
from transit_owner import TransitOwner
from vault_servers import PROGRAM, DevServer, Operator

from binance_creds import KeyType
from binance_creds.providers.vault._session import SESSIONS
from key_stores.front import Front
from key_stores.store import Kept, KeyStore, new_private, query


class Transit(KeyStore):
    scheme = "vault-transit"
    key_types = elsewhere = (KeyType.ED25519, KeyType.RSA, KeyType.HMAC)

    def __init__(self, folder, authority) -> None:
        self.vault = DevServer(folder, tls=False) if PROGRAM else SmallVault()
        self.proxy = FaultProxy(self.vault.url)
        self.front = Front(("127.0.0.1", urlsplit(self.proxy.url).port))
        self.owner = TransitOwner(Operator(self.vault, self.proxy, folder))
        self._allow('"read", "update"')
        self.environ = {
            "VAULT_ADDR": f"http://127.0.0.1:{self.front.port}",
            "VAULT_TOKEN": self.owner.operator.token("bot"),
        }

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        private = new_private(key_type)
        is_secret = key_type is KeyType.HMAC
        name = over and over.name
        name = (self.owner.import_hmac if is_secret else self.owner.import_key)(private, name)
        return Kept(f"vault-transit://{self.owner.mount}/{name}{query(more)}", private, name)

    def throttled(self, key: Kept):
        return self.proxy.failing(status(429, b'{"errors": ["rate limit"]}'))

    def sealed(self, key: Kept):
        return self.proxy.failing(status(503, b'{"errors": ["Vault is sealed"]}'))

    @contextmanager
    def denied(self, key: Kept):
        self._allow('"deny"')
        yield
        self._allow('"read", "update"')

    @contextmanager
    def disabled(self, key: Kept):
        """By a soft deletion."""
        if PROGRAM and PROGRAM.endswith("vault"):
            pytest.skip("HashiCorp's server has no soft deletion")
        self.owner.operator.client.delete(f"{self.owner.mount}/keys/{key.name}/soft-delete")
        yield
        self.owner.write(f"keys/{key.name}/soft-delete-restore")

    @contextmanager
    def swapped(self, key: Kept):
        """By another key of the name, whose first version has the number 1, too."""
        self.owner.import_key(new_private(KeyType.ED25519), key.name, anew=True)
        yield
        self.owner.import_key(key.private, key.name, anew=True)

    def _allow(self, words: str) -> None:
        text = f'path "{self.owner.mount}/*" {{ capabilities = [{words}] }}'
        self.owner.operator.client.sys.create_or_update_acl_policy("bot", text)

    def close(self) -> None:
        SESSIONS.clear()
        self.front.close()
        self.proxy.close()
        self.vault.close()
