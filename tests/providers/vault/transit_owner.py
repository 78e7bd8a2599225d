"""`TransitOwner`: what the owner of a Transit engine does, with hvac and the root token."""

from __future__ import annotations

import base64
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from support import token

from binance_creds.signers import SignerURI


class TransitOwner:
    """One mount; each key has a name that nobody had before."""

    def __init__(self, operator) -> None:
        self.operator = operator
        self.proxy = operator.proxy
        self.mount = f"transit-{token()[:10].lower()}"
        operator.client.sys.enable_secrets_engine("transit", path=self.mount)

    def make(self, kind: str = "ed25519", **more: object) -> str:
        name = f"bot-{token()[:8].lower()}"
        self.write(f"keys/{name}", type=kind, **more)
        return name

    def write(self, path: str, **body: object) -> dict:
        return self.operator.client.write_data(f"{self.mount}/{path}", data=body)

    def rotate(self, name: str) -> None:
        self.write(f"keys/{name}/rotate")

    def delete(self, name: str) -> None:
        self.write(f"keys/{name}/config", deletion_allowed=True)
        self.operator.client.delete(f"{self.mount}/keys/{name}")

    def how_many(self) -> int:
        """Return how many versions the keys of the mount have together."""
        names = (self.operator.client.list(f"{self.mount}/keys") or {}).get("data", {})
        keys = [it for it in names.get("keys", ()) if not it.endswith("/")]  # import/ is no key
        shown = [self.operator.client.read(f"{self.mount}/keys/{it}") for it in keys]
        return sum(key["data"]["latest_version"] for key in shown)

    def wrapped(self, secret: bytes) -> str:
        """Return a secret as `import` takes it: AES-KWP under a key that is wrapped by RSA-OAEP."""
        answer = self.operator.client.read(f"{self.mount}/wrapping_key")
        outer = load_pem_public_key(answer["data"]["public_key"].encode())
        aes, digest = secrets.token_bytes(32), hashes.SHA256()
        inner = aes_key_wrap_with_padding(aes, secret)
        head = outer.encrypt(aes, padding.OAEP(padding.MGF1(digest), digest, None))
        return base64.b64encode(head + inner).decode()

    def import_hmac(self, secret: str, name: str | None = None) -> str:
        return self._import("hmac", secret.encode(), name)

    def import_key(self, private, name: str | None = None, *, anew: bool = False) -> str:
        """Import a private key as PKCS#8, or a version of the key that has a name.

        With `anew` it takes the place of that key, and its versions begin with 1 again.
        """
        if anew:
            self.delete(name)
        kind = f"rsa-{private.key_size}" if hasattr(private, "key_size") else "ed25519"
        form = PrivateFormat.PKCS8
        content = private.private_bytes(Encoding.DER, form, NoEncryption())
        return self._import(kind, content, name, is_version=not anew)

    def _import(
        self, kind: str, content: bytes, name: str | None, *, is_version: bool = True
    ) -> str:
        body = {"type": kind, "hash_function": "SHA256", "ciphertext": self.wrapped(content)}
        path = "import_version" if name and is_version else "import"
        name = name or f"bot-{token()[:8].lower()}"
        self.write(f"keys/{name}/{path}", **body)
        return name

    def uri(self, name: str, more: str = "") -> SignerURI:
        return SignerURI.parse(
            f"vault-transit://{self.mount}/{name}?address={self.proxy.url}{more}"
        )

    def token_file(self, *rules: str, may: str = '"read", "update"', **more) -> str:
        """Return the option that names a token with these paths of the mount and no others."""
        policy = self.operator.policy(*(f"{self.mount}/{rule}" for rule in rules), may=may)
        file = self.operator.folder / f"{token()[:8]}.token"
        file.write_text(self.operator.token(policy, **more))
        return f"&token_file={file}"
