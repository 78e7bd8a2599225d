"""SoftHSM behind p11-kit: another process has the token, as a device would."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from p11_kit import P11Kit
from pkcs11 import Attribute
from softhsm import SoftHsm
from waiting import wait_for

from binance_creds import KeyType
from key_stores.front import Front
from key_stores.store import Kept, KeyStore, new_private, private_pem, query


class Token(KeyStore):
    """Ed25519 is signed by SoftHSM in the bot's own process: p11-kit passes no EdDSA on."""

    scheme = "pkcs11"
    elsewhere = (KeyType.RSA,)

    def __init__(self, folder, authority) -> None:
        self._folder = folder
        self.hsm = SoftHsm(folder)
        self.hsm.add_token("bot")
        self.server = P11Kit(self.hsm, folder)
        self.front = Front(self.server.socket, f"{folder}/front")
        self.environ = {
            "P11_KIT_SERVER_ADDRESS": f"unix:path={self.front.address}",
            "SOFTHSM2_CONF": self.hsm.configuration,
            "PKCS11_PIN_SOURCE": f"file:{self.hsm.pin}",
        }

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        private = new_private(key_type)
        name = f"key-{len(list(self._folder.iterdir()))}"
        path = self._folder / name
        path.write_bytes(private_pem(private))
        self.hsm.import_key("bot", name, path)
        module = self.server.module if key_type is KeyType.RSA else self.hsm.module
        options = query(f"&module-path={module}", more)
        return Kept(f"pkcs11:token=bot;object={name}{options}", private, name)

    @contextmanager
    def killed(self, key: Kept):
        self.server.kill()
        yield
        self.server.start()

    @contextmanager
    def stopped(self, key: Kept):
        self.server.pause()
        yield
        self.server.resume()
        wait_for(lambda: not any(self.server.module in one.name for one in threading.enumerate()))

    @contextmanager
    def pulled_out(self, key: Kept):
        self.hsm.pull_out("bot")
        yield
        self.hsm.put_back("bot")

    @contextmanager
    def removed(self, key: Kept):
        with self.hsm.session("bot") as session:
            for part in session.get_objects({Attribute.LABEL: key.name}):
                part.destroy()
        yield
        self.hsm.import_key("bot", key.name, self._folder / key.name)

    def close(self) -> None:
        self.front.close()
        self.server.kill()
