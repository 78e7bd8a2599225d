"""The public half of a private key in a token, which is what Binance registers.

An RSA private key tells it by itself. One of Ed25519 does not: its token must hold the public key
or a certificate beside it, of the same identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.x509 import load_der_x509_certificate
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import AttributeSensitive, AttributeTypeInvalid

from binance_creds.errors import MalformedSecretError
from binance_creds.signers._public_key import key_version, unsupported

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from pkcs11 import Object, PrivateKey, Session

    from binance_creds.signers import KeyVersion

__all__ = ["MECHANISMS", "version_of"]

MECHANISMS: Final = {"ED25519": Mechanism.EDDSA, "RSA": Mechanism.SHA256_RSA_PKCS}
_ED25519: Final = (  # CKA_EC_PARAMS: the OID of RFC 8410, or the name of PKCS#11 3.0, section 2.3.5
    b"\x06\x03\x2b\x65\x70",
    b"\x13\x0cedwards25519",
)
_POINT_BYTES: Final = 32  # RFC 8032; some modules wrap it as a DER octet string, some do not
_WRAPPED: Final = b"\x04\x20"
_UNREADABLE: Final = (AttributeSensitive, AttributeTypeInvalid)


def version_of(session: Session, private: PrivateKey) -> KeyVersion:
    """Return the kind and the public half of a private key.

    Raises:
        MalformedSecretError: of a kind that Binance does not take, or without a public half.
    """
    kind = private.key_type
    if kind is KeyType.RSA:
        return key_version(_rsa(private) or _beside(session, private, _rsa))
    if kind not in {KeyType.EC, KeyType.EC_EDWARDS}:
        raise unsupported(getattr(kind, "name", "of an unknown kind"))
    # Some modules, older than PKCS#11 3.0, have Ed25519 among the other curves.
    if kind is KeyType.EC and _read(private, Attribute.EC_PARAMS) not in _ED25519:
        raise unsupported("ECDSA")
    return key_version(_beside(session, private, _ed25519))


def _beside(session: Session, private: PrivateKey, read: Any) -> PublicKeyTypes:
    """Return the public half from the public key or the certificate of the same identifier."""
    name = Attribute.ID if private[Attribute.ID] else Attribute.LABEL
    for kind in (ObjectClass.PUBLIC_KEY, ObjectClass.CERTIFICATE):
        for found in session.get_objects({Attribute.CLASS: kind, name: private[name]}):
            half = read(found) if kind is ObjectClass.PUBLIC_KEY else _of_certificate(found)
            if half is not None:
                return half
    raise MalformedSecretError(
        "the token holds the private key without its public half.",
        reason="no_public_key",
        field="signer",
        hint="Write the public key beside it, with the same identifier: pkcs11-tool --module MODULE"
        " --login --write-object PUBLIC.der --type pubkey --id ID; or its certificate.",
    )


def _rsa(key: Object) -> PublicKeyTypes | None:
    modulus, exponent = (
        _read(key, name) for name in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT)
    )
    if not (modulus and exponent):
        return None
    numbers = (int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    return RSAPublicNumbers(*numbers).public_key()


def _ed25519(key: Object) -> PublicKeyTypes | None:
    point = _read(key, Attribute.EC_POINT) or b""
    point = point.removeprefix(_WRAPPED) if len(point) > _POINT_BYTES else point
    if len(point) != _POINT_BYTES:
        raise unsupported("Ed448, or on another curve than Ed25519")
    return Ed25519PublicKey.from_public_bytes(point)


def _of_certificate(found: Object) -> PublicKeyTypes | None:
    content = _read(found, Attribute.VALUE)
    return load_der_x509_certificate(content).public_key() if content else None


def _read(key: Object, name: Attribute) -> bytes | None:
    try:
        return bytes(key[name])
    except _UNREADABLE:
        return None
