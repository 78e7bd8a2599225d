"""`SmallTransit`: the documented Transit engine, as far as these tests use it.

Sources: Vault API documentation, Transit secrets engine; the words of refusals are OpenBao 2.6.2's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding

PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@cache
def wrapping_key() -> rsa.RSAPrivateKey:
    """Of a real server it has 4,096 bits, which take a while to be made."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class SmallKey:
    kind: str
    versions: dict[int, object] = field(default_factory=dict)
    config: dict[str, int] = field(default_factory=dict)
    derived: bool = False
    exportable: bool = False
    soft_deleted: bool = False

    @property
    def latest(self) -> int:
        return max(self.versions, default=0)

    def least(self, name: str) -> int:
        return self.config.get(f"min_{name}_version", 0)

    def rotate(self) -> None:
        kind, size = self.kind, self.kind.removeprefix("rsa-")
        if kind == "ed25519":
            made = ed25519.Ed25519PrivateKey.generate()
        elif kind.startswith("rsa-"):
            made = rsa.generate_private_key(65537, int(size))
        elif kind == "ecdsa-p256":
            made = ec.generate_private_key(ec.SECP256R1())
        else:
            made = secrets.token_bytes(32)
        self.versions[self.latest + 1] = made

    def shown(self, number: int) -> object:
        key = self.versions[number]
        if isinstance(key, bytes):
            return 1_700_000_000
        public = key.public_key() if hasattr(key, "public_key") else key
        if self.kind == "ed25519":
            half = base64.b64encode(public.public_bytes(*RAW)).decode()
        else:
            half = public.public_bytes(*PEM).decode()
        return {"name": self.kind, "public_key": "" if self.derived else half}

    def described(self, name: str) -> dict:
        kept = [n for n in self.versions if n >= self.least("decryption")]
        keys = {} if self.kind == "hmac" else {"keys": {str(n): self.shown(n) for n in kept}}
        return {
            "name": name, "type": self.kind, "derived": self.derived,
            "exportable": self.exportable,
            "latest_version": self.latest, "soft_deleted": self.soft_deleted,
            "min_available_version": self.least("available"),
            "min_decryption_version": max(1, self.least("decryption")),
            "min_encryption_version": self.least("encryption"), **keys,
        }  # fmt: skip

    def flaw(self, number: int, version_is: str) -> str | None:
        """Return what a real server says of a version that cannot be used."""
        if self.soft_deleted:
            return "refusing to use soft-deleted key"
        if number > self.latest:
            return f"{version_is} higher than the latest key version"
        if number < self.least("encryption"):
            return f"{version_is} less than the minimum encryption key version"
        if number not in self.versions or number < self.least("decryption"):
            return "no such key version"
        if not hasattr(self.versions[number], "sign") and self.kind != "hmac":
            return "requested version for signing does not contain a private part"
        return None

    def signature(self, number: int, data: bytes, body: dict) -> bytes:
        key = self.versions[number]
        if self.kind == "ed25519":
            return key.sign(data)
        scheme = padding.PKCS1v15()
        if body.get("signature_algorithm", "pss") == "pss":
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
        return key.sign(data, scheme, hashes.SHA256())


class SmallTransit:
    """One mount of the engine; `refuse` makes the error of a status and a text."""

    def __init__(self, refuse) -> None:
        self.keys: dict[str, SmallKey] = {}
        self.refuse = refuse

    def answer(self, method: str, path: str, body: dict) -> dict | None:
        if path == "wrapping_key":
            return {"data": {"public_key": wrapping_key().public_key().public_bytes(*PEM).decode()}}
        for pattern, call in ROUTES:
            match = re.fullmatch(pattern, path)
            if match:
                return call(self, method, body, **match.groupdict())
        raise self.refuse(404, "1 error occurred:\n\t* unsupported path\n\n")

    def listed(self, method: str, body: dict) -> dict:
        return {"data": {"keys": sorted(self.keys)}}

    def key(self, method: str, body: dict, name: str) -> dict | None:
        if method == "DELETE":
            del self.keys[name]
        elif method == "GET":
            if name not in self.keys:
                raise self.refuse(404)
            return {"data": self.keys[name].described(name)}
        elif name not in self.keys:
            self.keys[name] = SmallKey(
                body.get("type", "aes256-gcm96"),
                **{n: bool(body.get(n)) for n in ("derived", "exportable")},
            )
            self.keys[name].rotate()
        return None if method == "DELETE" else {"data": self.keys[name].described(name)}

    def imported(self, method: str, body: dict, name: str) -> None:
        if "public_key" in body:
            half = serialization.load_pem_public_key(body["public_key"].encode())
            self.keys[name] = SmallKey(body["type"], {1: half})
            return
        given, own = base64.b64decode(body["ciphertext"]), wrapping_key()
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        aes = own.decrypt(given[: own.key_size // 8], oaep)
        plain = aes_key_unwrap_with_padding(aes, given[own.key_size // 8 :])
        kind = self.keys[name].kind if name in self.keys else body["type"]
        private = plain if kind == "hmac" else serialization.load_der_private_key(plain, None)
        key = self.keys.setdefault(name, SmallKey(kind))
        key.versions[key.latest + 1] = private

    def act(self, method: str, body: dict, name: str, what: str) -> dict | None:
        key = self.keys[name]
        if what == "rotate":
            key.rotate()
        elif what == "trim":
            key.config["min_available_version"] = body["min_available_version"]
            key.versions = {n: v for n, v in key.versions.items() if n >= key.least("available")}
        elif what == "config":
            least = body.get("min_encryption_version", 0)
            if least > key.latest:
                told = f"cannot set min encryption version of {least}, latest key version is"
                raise self.refuse(400, f"{told} {key.latest}")
            key.config.update({n: v for n, v in body.items() if n.startswith("min_")})
        else:
            key.soft_deleted = what == "soft-delete"
        return {"data": key.described(name)}

    def sign(self, method: str, body: dict, name: str) -> dict:
        key = self._found(name, "signing")
        if key.kind != "ed25519" and not key.kind.startswith(("ecdsa-", "rsa-")):
            raise self.refuse(400, f"key type {key.kind} does not support signing")
        number = int(body.get("key_version") or key.latest)
        flaw = key.flaw(number, "requested version for signing is")
        if flaw:
            raise self.refuse(500, f"1 error occurred:\n\t* {flaw}\n\n")
        made = key.signature(number, base64.b64decode(body["input"]), body)
        return self._answer("signature", number, made)

    def hmac(self, method: str, body: dict, name: str, algorithm: str = "") -> dict:
        key = self._found(name, "encryption")
        number = int(body.get("key_version") or key.latest)
        flaw = key.flaw(number, "cannot generate HMAC: version is")
        if flaw:
            raise self.refuse(400, flaw)
        data = base64.b64decode(body["input"])
        return self._answer("hmac", number, hmac.digest(key.versions[number], data, hashlib.sha256))

    def _found(self, name: str, use: str) -> SmallKey:
        if name not in self.keys:
            raise self.refuse(400, f"{use} key not found")
        return self.keys[name]

    def _answer(self, name: str, number: int, made: bytes) -> dict:
        return {"data": {name: f"vault:v{number}:{base64.b64encode(made).decode()}"}}


NAME = r"(?P<name>[\w.-]+)"
ROUTES = [
    (r"keys", SmallTransit.listed),
    (rf"keys/{NAME}", SmallTransit.key),
    (rf"keys/{NAME}/import(?:_version)?", SmallTransit.imported),
    (
        rf"keys/{NAME}/(?P<what>config|rotate|soft-delete|soft-delete-restore|trim)",
        SmallTransit.act,
    ),
    (rf"sign/{NAME}", SmallTransit.sign),
    (rf"hmac/{NAME}(?:/(?P<algorithm>sha2-256))?", SmallTransit.hmac),
]
