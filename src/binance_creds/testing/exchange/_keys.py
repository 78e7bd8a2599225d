"""The keys that the local exchange knows: public material only, as the real one has it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from binance_creds._enums import Environment, KeyType
from binance_creds.exchange._findings import Market
from binance_creds.testing._tokens import new_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DEFAULT_PERMISSIONS", "TRADING_PERMISSIONS", "IssuedKey", "KeyRing", "RegisteredKey"]


# GET /sapi/v1/account/apiRestrictions; all that is not named is off.
DEFAULT_PERMISSIONS: Final = {
    "enableReading": True,
    "enableSpotAndMarginTrading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "enableMargin": False,
    "enableFutures": False,
    "permitsUniversalTransfer": False,
    "enableVanillaOptions": False,
    "enableFixApiTrade": False,
    "enableFixReadOnly": False,
    "enablePortfolioMarginTrading": False,
}

# What ends with `tradingAuthorityExpirationTime`.
TRADING_PERMISSIONS: Final = frozenset({"enableSpotAndMarginTrading", "enableMargin"})


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key pair as its owner gets it. Its `repr` shows the API key's first characters only.

    Attributes:
        api_key: 64 letters and digits.
        api_secret: the HMAC secret, 64 letters and digits; empty for other kinds.
        private_key_pem: unencrypted PKCS#8; empty for HMAC.
        key_type: the kind.
    """

    api_key: str = field(repr=False)
    key_type: KeyType
    api_secret: str = field(default="", repr=False)
    private_key_pem: str = field(default="", repr=False)

    def fields(self) -> dict[str, str]:
        """Return the pair under the field names of this library."""
        if self.api_secret:
            return {"api_key": self.api_key, "api_secret": self.api_secret}
        return {"api_key": self.api_key, "private_key": self.private_key_pem}


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """What the exchange keeps of a key.

    Attributes:
        api_key: its name.
        key_type: the kind.
        material: the HMAC secret, or the public key as PEM.
        environment: where it is valid.
        permissions: as `apiRestrictions` answers them.
        ip_list: the addresses it may be used from; empty for all.
        account: its owner; keys of one account share orders and balances.
        created_at: when it was made.
        trading_ends_at: when its right to trade ends; `None` for never.
        markets: where it is known; on the real testnets each market has keys of its own.
        is_revoked: whether its owner has deleted it.
    """

    api_key: str = field(repr=False)
    key_type: KeyType
    material: str = field(repr=False)
    environment: Environment
    permissions: Mapping[str, bool]
    ip_list: tuple[str, ...] = ()
    account: str = "main"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    trading_ends_at: datetime | None = None
    markets: frozenset[Market] = frozenset(Market)
    is_revoked: bool = False

    def verifies(self, payload: bytes, signature: str) -> bool:
        """Return whether a signature belongs to the payload and this key.

        Recomputed with `hmac` and `cryptography` alone, so that a defect of this library's signers
        cannot hide.
        """
        if self.key_type is KeyType.HMAC:
            expected = hmac.new(self.material.encode(), payload, hashlib.sha256).hexdigest()
            return hmac.compare_digest(expected.encode(), signature.lower().encode())
        public = _public_key(self.material)
        try:
            raw = base64.b64decode(signature, validate=True)
            if isinstance(public, rsa.RSAPublicKey):
                public.verify(raw, payload, padding.PKCS1v15(), hashes.SHA256())
            else:
                public.verify(raw, payload)
        except (InvalidSignature, binascii.Error):
            return False
        return True


class KeyRing:
    """Register, issue and revoke keys. Threads may share it.

    Attributes:
        sub_accounts: the account of each e-mail address whose keys the master account may change.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._keys: dict[str, RegisteredKey] = {}
        self._on_revoke: list[Callable[[str], None]] = []
        self._on_issue: list[Callable[[IssuedKey], None]] = []
        self.sub_accounts: dict[str, str] = {}

    def find(self, api_key: str) -> RegisteredKey | None:
        """Return a key, also a revoked one, or `None`."""
        return self._keys.get(api_key)

    def signer_of(self, payload: bytes, signature: str | None, named: str | None) -> str | None:
        """Return the key that made a signature, the named one first, or `None`.

        Revoked keys and those of other environments count too.
        """
        if not signature:
            return None
        keys = sorted(self._keys.values(), key=lambda key: key.api_key != named)
        return next((key.api_key for key in keys if key.verifies(payload, signature)), None)

    def register_hmac(self, api_key: str, secret: str, **options: object) -> RegisteredKey:
        """Register an HMAC key. Options are the fields of `RegisteredKey`."""
        return self._register(api_key, KeyType.HMAC, secret, options)

    def register_public_key(self, api_key: str, pem: str, **options: object) -> RegisteredKey:
        """Register an Ed25519 or RSA key by its public half, as users do."""
        is_rsa = isinstance(_public_key(pem), rsa.RSAPublicKey)
        key_type = KeyType.RSA if is_rsa else KeyType.ED25519
        return self._register(api_key, key_type, pem, options)

    def issue(self, key_type: KeyType = KeyType.HMAC, **options: object) -> IssuedKey:
        """Make a new key pair, register it, and return it."""
        issued = self._made(key_type, options)
        for hear in list(self._on_issue):
            hear(issued)
        return issued

    def _made(self, key_type: KeyType, options: dict[str, object]) -> IssuedKey:
        api_key = new_token()
        if key_type is KeyType.HMAC:
            issued = IssuedKey(api_key, key_type, api_secret=new_token())
            self.register_hmac(api_key, issued.api_secret, **options)
            return issued
        private = (
            ed25519.Ed25519PrivateKey.generate()
            if key_type is KeyType.ED25519
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.register_public_key(api_key, public.decode(), **options)
        return IssuedKey(api_key, key_type, private_key_pem=pem.decode())

    def revoke(self, api_key: str) -> None:
        """Delete a key, as its owner would; the next request with it is refused."""
        self._keys[api_key] = replace(self._keys[api_key], is_revoked=True)
        for hear in list(self._on_revoke):
            hear(api_key)

    def change(self, api_key: str, **options: object) -> None:
        """Change a key, as its owner would: any field of `RegisteredKey`.

        Permissions that are not named stay as they are.
        """
        key = self._keys[api_key]
        permissions = options.pop("permissions", None)
        if isinstance(permissions, dict):
            options["permissions"] = {**key.permissions, **permissions}
        self._keys[api_key] = replace(key, **options)  # type: ignore[arg-type]  # as documented

    def on_revoke(self, hear: Callable[[str], None]) -> None:
        """Call a function with each key that is revoked, in the thread that revokes it."""
        self._on_revoke.append(hear)

    def on_issue(self, hear: Callable[[IssuedKey], None]) -> None:
        """Call a function with each key that is issued, in the thread that issues it."""
        self._on_issue.append(hear)

    def _register(
        self, api_key: str, key_type: KeyType, material: str, options: dict[str, object]
    ) -> RegisteredKey:
        permissions = options.pop("permissions", None)
        changes = permissions if isinstance(permissions, dict) else {}
        options.setdefault("environment", self._environment)
        key = RegisteredKey(
            api_key=api_key,
            key_type=key_type,
            material=material,
            permissions={**DEFAULT_PERMISSIONS, **changes},
            **options,  # type: ignore[arg-type]  # the documented fields
        )
        self._keys[api_key] = key
        return key


@lru_cache(maxsize=1024)
def _public_key(pem: str) -> ed25519.Ed25519PublicKey | rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if isinstance(key, ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        return key
    msg = "a public key must be Ed25519 or RSA"
    raise ValueError(msg)
