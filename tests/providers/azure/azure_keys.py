"""The keys of a vault, by the REST reference of Key Vault.

GetKey, GetKeyVersions, GetDeletedKey, CreateKey (which makes a version of a name that exists), Sign.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

HOST = "https://myvault.vault.test"
PERMISSIONS = ("keys/get", "keys/list", "keys/sign", "keys/create")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class KeyOfVault:
    """One version of a key."""

    def __init__(self, kty: str = "RSA", private: object = None, **attributes: object) -> None:
        self.id = secrets.token_hex(16)
        self.kty = kty
        self.operations = ["sign", "verify"]
        self.attributes = {"enabled": True, "created": 1_700_000_000, **attributes}
        self.private = private or rsa.generate_private_key(65537, 2048)

    def bundle(self, name: str) -> dict[str, object]:
        key: dict[str, object] = {"kid": f"{HOST}/keys/{name}/{self.id}", "kty": self.kty}
        if self.kty.startswith("RSA"):
            numbers = self.private.public_key().public_numbers()
            key |= {"n": _b64(_bytes(numbers.n)), "e": _b64(_bytes(numbers.e))}
        else:
            key |= {"crv": "P-256", "x": _b64(bytes(32)), "y": _b64(bytes(32))}
        return {"key": key | {"key_ops": self.operations}, "attributes": self.attributes}


def _refused(status: int, code: str, inner: str | None = None) -> tuple[int, object]:
    more = {"innererror": {"code": inner}} if inner else {}
    return status, {"error": {"code": code, "message": "refused", **more}}


@dataclass
class Keys:
    """All keys by name, the newest version last."""

    versions: dict[str, list[KeyOfVault]] = field(default_factory=dict)
    deleted: dict[str, list[KeyOfVault]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    denial: str = "ForbiddenByRbac"
    meeting: threading.Barrier | None = None  # signatures wait here for each other
    after: dict[str, Callable[[], object]] = field(default_factory=dict)  # by call: once

    def make(self, name: str = "bot", kty: str = "RSA", **more: object) -> KeyOfVault:
        version = KeyOfVault(kty, **more)
        self.versions.setdefault(name, []).append(version)
        return version

    def answer(self, method, parts, given, allowed) -> tuple[int, object]:
        area, name, *rest = parts
        what = rest[-1] if method == "POST" else "list" if rest == ["versions"] else "get"
        call = what if area == "keys" else "get-deleted"
        self.calls[call] += 1
        answer = self.answered(area, name, what, rest, given, allowed)
        self.after.pop(call, lambda: None)()
        return answer

    def answered(self, area, name, what, rest, given, allowed) -> tuple[int, object]:
        if f"keys/{what}" not in allowed:
            return _refused(403, "Forbidden", self.denial)
        if area == "deletedkeys":
            found = self.deleted.get(name)
            return (200, found[-1].bundle(name)) if found else _refused(404, "KeyNotFound")
        if what == "create":
            return self.created(name, given)
        if what == "list":
            held = [one.bundle(name) for one in self.versions.get(name, [])]
            items = [{"kid": it["key"]["kid"], "attributes": it["attributes"]} for it in held]
            return 200, {"value": items, "nextLink": None}
        wanted = rest[0] if rest else ""
        found = [one for one in self.versions.get(name, []) if wanted in {"", one.id}]
        if not found:
            return _refused(404, "KeyNotFound")
        return (
            self.signed(name, found[-1], given) if what == "sign" else (200, found[-1].bundle(name))
        )

    def created(self, name, given) -> tuple[int, object]:
        assert given["kty"] in {"RSA", "RSA-HSM"}
        if name in self.deleted:
            return _refused(409, "Conflict", "ObjectIsDeletedButRecoverable")
        assert given["key_size"] == 2048
        assert not given.get("attributes", {}).get("exportable")
        made = self.make(name, given["kty"])
        made.operations = given.get("key_ops") or made.operations
        return 200, made.bundle(name)

    def signed(self, name, version, given) -> tuple[int, object]:
        if not version.attributes["enabled"]:
            return _refused(403, "Forbidden", "KeyDisabled")
        assert given["alg"] == "RS256"
        if self.meeting is not None:
            self.meeting.wait()
        digest = base64.urlsafe_b64decode(given["value"] + "==")
        signature = version.private.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
        return 200, {"kid": f"{HOST}/keys/{name}/{version.id}", "value": _b64(signature)}
