"""The public half of a key that stays outside: which kind it is, and whether it has signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._enums import KeyType
from binance_creds.errors import MalformedSecretError
from binance_creds.signers._protocols import KeyVersion

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

__all__ = ["has_signed", "key_version", "read_version", "rsa_version", "unsupported"]

_RSA_BITS: Final = range(2048, 4097)  # binance-spot-api-docs a5e0bc3d, faqs/api_key_types.md, RSA


def key_version(key: PublicKeyTypes, name: str | None = None) -> KeyVersion:
    """Return a version of a key by its public half.

    Args:
        key: of `cryptography`.
        name: what its store calls the version.

    Raises:
        MalformedSecretError: `unsupported_key`; Binance takes Ed25519, and RSA of 2048 to 4096
            bits.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    if isinstance(key, RSAPublicKey):
        if key.key_size not in _RSA_BITS:
            raise unsupported(f"RSA with {key.key_size} bits")
        kind = KeyType.RSA
    elif isinstance(key, Ed25519PublicKey):
        kind = KeyType.ED25519
    else:
        raise unsupported(type(key).__name__.strip("_").removesuffix("PublicKey"))
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return KeyVersion(kind, pem, name)


def read_version(half: bytes, name: str | None = None) -> KeyVersion:
    """Return a version of a key by its public half as most stores give it.

    Args:
        half: SubjectPublicKeyInfo, PEM or DER.
        name: what its store calls the version.

    Raises:
        MalformedSecretError: as `key_version` does.
        ValueError: it is no public key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_der_public_key,
        load_pem_public_key,
    )

    load = load_pem_public_key if half.startswith(b"-----") else load_der_public_key
    try:
        key = load(half)
    except UnsupportedAlgorithm:
        key = None
    if key is None:
        raise unsupported("of an unknown kind")
    return key_version(key, name)


def rsa_version(modulus: int, exponent: int, name: str | None = None) -> KeyVersion:
    """Return a version of an RSA key by the numbers of its public half.

    Raises:
        MalformedSecretError: as `key_version` does.
        ValueError: the numbers are of no key.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # noqa: PLC0415

    return key_version(RSAPublicNumbers(exponent, modulus).public_key(), name)


def unsupported(kind: str) -> MalformedSecretError:
    """Return the error for a key of a kind that Binance does not take."""
    return MalformedSecretError(
        f"the key of this signer is {kind}.",
        reason="unsupported_key",
        field="signer",
        hint="Binance takes Ed25519, and RSA of 2048 to 4096 bits: make a key of one of these.",
    )


def has_signed(version: KeyVersion, payload: bytes, signature: bytes) -> bool:
    """Return whether a signature is of this version; of HMAC only its holder could tell."""
    if version.public_key_pem is None:
        return True
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    key = load_pem_public_key(version.public_key_pem.encode("ascii"))
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, payload, PKCS1v15(), SHA256())
        else:
            key.verify(signature, payload)  # type: ignore[union-attr, call-arg]  # Ed25519
    except InvalidSignature:
        return False
    return True
