"""Private keys in the shapes that people paste, to one canonical PEM.

Clients guess the algorithm from the length of the PEM or trip over line ends (measured with
python-binance 1.0.37 and ccxt 4.5.90), so every key is parsed here and written anew: PKCS#8,
unencrypted, LF. An Ed25519 key is then 119 characters long, within the 120 that they accept.

The frames of this module hold plaintext. `_build` catches what is raised here and raises it anew,
so that no traceback leads back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from binance_creds._enums import KeyType
from binance_creds._parse._armour import (
    Armour,
    pem_of,
    read_armour,
    refuse,
    refuse_algorithm,
    refuse_public,
)
from binance_creds._parse._base64 import to_base64
from binance_creds._parse._clean import trimmed
from binance_creds._parse._placeholder import refuse_unresolved
from binance_creds._secret import Buffer, Secret, cut, overwrite, plain_bytes
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["PrivateKey", "canonical", "read_private_key"]

RSA_BITS: Final = range(2048, 4097)  # binance-spot-api-docs a5e0bc3d, faqs/api_key_types.md, RSA

_TO_PKCS8: Final = "Convert it with: openssl pkcs8 -topk8 -nocrypt -in key.pem -out pkcs8.pem"
_DECRYPT: Final = "Decrypt a copy with: ssh-keygen -p -N '' -f copy"
_CHECK: Final = "Check the passphrase with: openssl pkey -in key.pem -noout"
_CHECK_OPENSSH: Final = "Check the passphrase with: ssh-keygen -y -f key"


class PrivateKey(NamedTuple):
    """A parsed private key: its type, the object that signs, and the canonical PEM."""

    key_type: KeyType
    key: Ed25519PrivateKey | RSAPrivateKey
    pem: Secret


def read_private_key(text: Secret, passphrase: Secret | None) -> PrivateKey:
    """Parse a private key.

    Accepts PKCS#8, PKCS#1 and OpenSSH, as PEM, as DER in base64, or as either in base64 again,
    encrypted or not, with CRLF, indentation, escaped line ends or spaces for line ends. The type
    comes from the key itself. A passphrase for a key that is not encrypted is ignored.

    Raises:
        MalformedSecretError: with the reason.
    """
    return canonical(_opened(read_armour(plain_bytes(text)), passphrase))


def _opened(armour: Armour, passphrase: Secret | None) -> PrivateKeyTypes:
    """Open it with the passphrase as it stands, then without white space and quotes around it."""
    if passphrase is None:
        return _load(armour, None)
    try:
        return _load(armour, _without_line_end(passphrase))
    except MalformedSecretError as error:
        if error.field != "passphrase":
            raise
    passphrase = trimmed(passphrase)
    refuse_unresolved(plain_bytes(passphrase), "passphrase")
    return _load(armour, passphrase)


def _without_line_end(passphrase: Secret) -> Secret:
    plain = plain_bytes(passphrase)
    stop = len(plain)
    while stop and plain[stop - 1] in b"\r\n":
        stop -= 1
    return Secret(cut(plain, 0, stop))


def _load(armour: Armour, passphrase: Secret | None) -> PrivateKeyTypes:
    # HMAC users need nothing of cryptography.
    from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm  # noqa: PLC0415

    load = _loader(armour.form)
    password = None if passphrase is None else bytes(plain_bytes(passphrase))  # bcrypt insists
    try:
        return load(armour.data, password)
    except TypeError:  # the passphrase and the key's encryption do not go together
        if passphrase is None:
            refuse(
                "passphrase_missing",
                "private_key is encrypted and no passphrase is given.",
                "Give the passphrase beside the key, e.g. BINANCE_PRIVATE_KEY_PASSPHRASE.",
                field="passphrase",
            )
        return _load(armour, None)  # not encrypted: the passphrase is superfluous
    except (ValueError, InvalidTag) as error:  # damaged, or decrypted with the wrong passphrase
        if "nknown" in str(error):  # "Unknown key encryption algorithm", "unknown cipher"
            _refuse_unsupported(armour)
        _refuse_unreadable(armour, passphrase)
    except UnsupportedAlgorithm:  # a curve or cipher that this OpenSSL does not have, or no bcrypt
        _refuse_unsupported(armour)
    finally:
        box, password = [password or b""], None
        overwrite(box)


def _loader(form: str) -> Callable[[Any, bytes | None], PrivateKeyTypes]:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    return {
        "der": serialization.load_der_private_key,
        "pem": serialization.load_pem_private_key,
        "openssh": serialization.load_ssh_private_key,
    }[form]


def _refuse_unreadable(armour: Armour, passphrase: Secret | None) -> NoReturn:
    if _is_public(armour.data):
        refuse_public()
    if passphrase is None:
        refuse(
            "bad_pem",
            "private_key is damaged or incomplete.",
            "Paste the whole key; the secret of an HMAC key belongs in api_secret.",
        )
    refuse(
        "wrong_passphrase",
        "the passphrase does not open private_key, or the key is damaged.",
        _CHECK_OPENSSH if armour.form == "openssh" else _CHECK,
        field="passphrase",
    )


def _is_public(data: Buffer) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate  # noqa: PLC0415

    for load in (load_der_public_key, load_der_x509_certificate):
        try:
            load(bytes(data))  # a certificate is read from nothing else
        except (ValueError, UnsupportedAlgorithm, InvalidVersion):  # something else
            continue
        return True
    return False


def _refuse_unsupported(armour: Armour) -> NoReturn:
    from importlib.util import find_spec  # noqa: PLC0415

    if armour.form != "openssh":
        refuse("unsupported_key", "private_key is of an unsupported kind.", _TO_PKCS8)
    if find_spec("bcrypt") is None:
        refuse(
            "needs_bcrypt",
            "private_key is an encrypted OpenSSH key, and bcrypt is not installed.",
            "Run: pip install bcrypt",
        )
    refuse("unsupported_key", "private_key is encrypted in an unsupported way.", _DECRYPT)


def canonical(key: PrivateKeyTypes) -> PrivateKey:
    """Return a key with its canonical PEM.

    Raises:
        MalformedSecretError: it is of a kind or size that Binance does not take.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415

    if not isinstance(key, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        refuse_algorithm()
    key_type = KeyType.ED25519
    if isinstance(key, rsa.RSAPrivateKey):
        key_type = KeyType.RSA
        _refuse_size(key.key_size)
    # As DER, which is made into PEM here: `cryptography` would leave a copy of the text.
    der = [
        key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    ]
    pem = pem_of("PRIVATE KEY", to_base64(der[0]))
    overwrite(der)
    return PrivateKey(key_type, key, Secret(pem))


def _refuse_size(bits: int) -> None:
    if bits not in RSA_BITS:
        refuse(
            "unsupported_key",
            f"private_key is RSA with {bits} bits; Binance takes 2048 to 4096.",
            "Create a new key, preferably Ed25519.",
        )
