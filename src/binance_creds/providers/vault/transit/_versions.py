"""Which version of a key signs, of which kind it is, and what its answers are."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import KeyType
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.providers.vault._errors import TABLE
from binance_creds.providers.vault.transit._errors import (
    NO_VERSION,
    OTHER_VERSION,
    SOFT_DELETED,
    TOO_OLD,
    TRIMMED,
)
from binance_creds.signers import KeyVersion
from binance_creds.signers._public_key import read_version, unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["raw_signature", "signing_version"]

_ED25519: Final = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what goes before the 32
_KIND: Final = r"[a-z0-9_-]{1,32}"  # as the server names it; any other text is not repeated
_ANSWER: Final = r"vault:v([1-9]\d*):([A-Za-z0-9+/]+={0,2})"


def signing_version(key: Mapping[str, Any], pinned: int | None) -> KeyVersion:
    """Return the version of a key that signs now: the pinned one, else the latest.

    Args:
        key: as `read` of MOUNT/keys/KEY tells.
        pinned: its number.

    Raises:
        SecretNotFoundError: there is no such version.
        SecretDisabledError: it may not sign.
        MalformedSecretError: `unsupported_key`.
    """
    if key.get("derived"):
        raise unsupported("derived from a context that is sent with each request")
    if key.get("soft_deleted"):
        raise TABLE.error(SOFT_DELETED)
    number = pinned or int(key["latest_version"])
    if number > key["latest_version"]:
        raise TABLE.error(NO_VERSION)
    if number < key.get("min_available_version", 0):
        raise TABLE.error(TRIMMED)
    if number < max(key["min_encryption_version"], key["min_decryption_version"]):
        raise TABLE.error(TOO_OLD)
    return _described(key, str(number))


def _described(key: Mapping[str, Any], number: str) -> KeyVersion:
    kind = str(key["type"])
    if kind == "hmac":
        return KeyVersion(KeyType.HMAC, name=number)
    if kind == "ed25519":
        half = _ED25519 + b64decode(key["keys"][number]["public_key"], validate=True)
    elif kind.startswith("rsa-"):
        half = key["keys"][number]["public_key"].encode("ascii")
    else:
        raise unsupported(kind if re.fullmatch(_KIND, kind) else "of another kind")
    return read_version(half, number)


def raw_signature(answer: object, version: KeyVersion) -> bytes:
    """Return the bytes of `vault:vN:BASE64`.

    Raises:
        MalformedSecretError: `signature_mismatch`; another version has signed.
        ProviderUnavailableError: it has another form.
    """
    parts = re.fullmatch(_ANSWER, answer) if isinstance(answer, str) else None
    if parts is None:
        raise TABLE.error(FOREIGN)
    if parts[1] != version.name:
        raise TABLE.error(OTHER_VERSION)
    return b64decode(parts[2])
