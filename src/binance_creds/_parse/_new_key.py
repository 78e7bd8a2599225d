"""Make a private key, and give the public half of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._enums import KeyType
from binance_creds._parse._pem import canonical, read_private_key

if TYPE_CHECKING:
    from binance_creds._parse._pem import PrivateKey
    from binance_creds._secret import Secret

__all__ = ["new_private_key", "public_half"]

_RSA_BITS: Final = 2048  # half the time of 3072 for each signature
_RSA_EXPONENT: Final = 65537


def new_private_key(key_type: KeyType) -> PrivateKey:
    """Make a key of Ed25519 or RSA."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415  # as in _pem

    if key_type is KeyType.RSA:
        return canonical(rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS))
    return canonical(ed25519.Ed25519PrivateKey.generate())


def public_half(text: Secret, passphrase: Secret | None = None) -> tuple[KeyType, str]:
    """Return the kind of a private key, and its public half as PEM.

    Raises:
        MalformedSecretError: it is no private key.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as in _pem

    private = read_private_key(text, passphrase)
    pem = private.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.key_type, pem.decode()
