"""Private keys in the shapes that people paste, to one canonical PEM.

Clients guess the algorithm from the length of the PEM or trip over line ends (measured with
python-binance 1.0.37 and ccxt 4.5.90), so every key is parsed here and written anew: PKCS#8,
unencrypted, LF. An Ed25519 key is then 119 characters long, within the 120 that they accept.

The frames of this module hold plaintext. `_parse` catches what is raised here and raises it anew,
so that no traceback leads back.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from binance_creds._enums import KeyType
from binance_creds._parse._clean import is_pem, refuse_bad_character, stripped
from binance_creds._parse._placeholder import refuse_unresolved
from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["PrivateKey", "read_private_key"]

FIELD: Final = "private_key"
RSA_BITS: Final = range(2048, 4097)  # binance-spot-api-docs a5e0bc3d, faqs/api_key_types.md, RSA

_ARMOUR: Final = r"(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----"
_HEADER: Final = r"(?m)^[ \t]*[A-Za-z-]+: .*$"
_TO_PKCS8: Final = "Convert it with: openssl pkcs8 -topk8 -nocrypt -in key.pem -out pkcs8.pem"


class PrivateKey(NamedTuple):
    """A parsed private key: its type, the object that signs, and the canonical PEM."""

    key_type: KeyType
    key: Ed25519PrivateKey | RSAPrivateKey
    pem: Secret


class _Armour(NamedTuple):
    label: str
    data: bytes
    is_der: bool


def read_private_key(text: Secret, passphrase: Secret | None) -> PrivateKey:
    """Parse a private key.

    Accepts PKCS#8 and PKCS#1, PEM or bare base64 DER, encrypted or not, with CRLF, indentation,
    literal backslash-n or spaces for line ends. The type comes from the key itself. A passphrase
    for a key that is not encrypted is ignored.

    Raises:
        MalformedSecretError: with the reason.
    """
    armour = _read_armour(stripped(text.reveal()))
    _refuse_label(armour.label)
    return _canonical(_opened(armour, passphrase))


def _opened(armour: _Armour, passphrase: Secret | None) -> PrivateKeyTypes:
    """Open it with the passphrase as it stands, then without white space and quotes around it."""
    if passphrase is None:
        return _load(armour, None)
    text = passphrase.reveal().rstrip("\r\n")
    try:
        return _load(armour, Secret(text))
    except MalformedSecretError as error:
        if error.field != "passphrase":
            raise
    refuse_unresolved(stripped(text), "passphrase")
    return _load(armour, Secret(stripped(text)))


def _read_armour(text: str) -> _Armour:
    text = text.replace("\\r", "").replace("\\n", "\n").replace("\r", "\n")
    refuse_bad_character(text, FIELD, allowed=" \t\n")
    match = re.search(_ARMOUR, text)
    if match is None and is_pem(text):
        _refuse(
            "truncated_pem",
            "private_key has a BEGIN line without its END line.",
            "A PEM on several lines must be quoted, or be kept in a file of its own.",
        )
    label, body = match.groups() if match else ("", text)
    if re.search(_HEADER, body):
        return _Armour(label, _with_headers(label, body), is_der=False)
    try:
        data = binascii.a2b_base64("".join(body.split()), strict_mode=True)
    except binascii.Error:  # a character outside the alphabet, or wrong padding
        _refuse("bad_pem", "private_key is neither PEM nor base64 DER.", "Paste the whole key.")
    return _Armour(label, data, is_der=True)


def _with_headers(label: str, body: str) -> bytes:
    """Rebuild a traditional encrypted PEM, whose Proc-Type and DEK-Info headers matter."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    headers = [line for line in lines if ":" in line]
    rest = [line for line in lines if ":" not in line]
    text = [f"-----BEGIN {label}-----", *headers, "", *rest, f"-----END {label}-----", ""]
    return "\n".join(text).encode()


def _refuse_label(label: str) -> None:
    if "PUBLIC KEY" in label or "CERTIFICATE" in label:
        _refuse_public()
    if label == "OPENSSH PRIVATE KEY":
        _refuse(
            "unsupported_key",
            "private_key is in OpenSSH format.",
            "Convert a copy with: ssh-keygen -p -m PKCS8 -f key",
        )
    if label in {"EC PRIVATE KEY", "DSA PRIVATE KEY"}:
        _refuse_algorithm()


def _load(armour: _Armour, passphrase: Secret | None) -> PrivateKeyTypes:
    # HMAC users need nothing of cryptography.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_der_private_key,
        load_pem_private_key,
    )

    load = load_der_private_key if armour.is_der else load_pem_private_key
    try:
        return load(armour.data, None if passphrase is None else passphrase.reveal().encode())
    except TypeError:  # the passphrase and the key's encryption do not go together
        if passphrase is None:
            _refuse(
                "passphrase_missing",
                "private_key is encrypted and no passphrase is given.",
                "Give the passphrase beside the key, e.g. BINANCE_PRIVATE_KEY_PASSPHRASE.",
                field="passphrase",
            )
        return _load(armour, None)  # not encrypted: the passphrase is superfluous
    except ValueError:  # damaged, or decrypted with the wrong passphrase
        _refuse_unreadable(armour, passphrase)
    except UnsupportedAlgorithm:  # a curve or cipher that this OpenSSL does not have
        _refuse("unsupported_key", "private_key is of an unsupported kind.", _TO_PKCS8)


def _refuse_unreadable(armour: _Armour, passphrase: Secret | None) -> NoReturn:
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    if passphrase is not None:
        _refuse(
            "wrong_passphrase",
            "the passphrase does not open private_key, or the key is damaged.",
            "Check the passphrase with: openssl pkey -in key.pem -noout",
            field="passphrase",
        )
    try:
        load_der_public_key(armour.data)
    except ValueError:  # neither half of a key
        _refuse("bad_pem", "private_key is damaged or incomplete.", "Paste the whole key.")
    _refuse_public()


def _canonical(key: PrivateKeyTypes) -> PrivateKey:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415

    if not isinstance(key, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        _refuse_algorithm()
    key_type = KeyType.ED25519
    if isinstance(key, rsa.RSAPrivateKey):
        key_type = KeyType.RSA
        _refuse_size(key.key_size)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return PrivateKey(key_type, key, Secret(pem))


def _refuse_size(bits: int) -> None:
    if bits not in RSA_BITS:
        _refuse(
            "unsupported_key",
            f"private_key is RSA with {bits} bits; Binance takes 2048 to 4096.",
            "Create a new key, preferably Ed25519.",
        )


def _refuse_public() -> NoReturn:
    _refuse(
        "public_key",
        "private_key holds a public key or certificate.",
        "The public half goes to Binance; put the private half here.",
    )


def _refuse_algorithm() -> NoReturn:
    _refuse(
        "wrong_algorithm",
        "private_key is neither Ed25519 nor RSA.",
        "Create an Ed25519 key: openssl genpkey -algorithm ed25519 -out key.pem",
    )


def _refuse(reason: str, message: str, hint: str, *, field: str = FIELD) -> NoReturn:
    raise MalformedSecretError(message, reason=reason, field=field, hint=hint)
