"""What makes a key of Google Cloud KMS: one request, which makes its first version, too.

The name of a key is given by who makes it and is never given twice, so a request whose answer was
lost can be sent again. Source: reference of the Cloud KMS API, v1, CreateCryptoKey; 2026-11-27.
"""

from __future__ import annotations

from typing import Any, Final

from binance_creds._enums import KeyType
from binance_creds.errors import ConfigurationError
from binance_creds.signers._making import not_made, unnameable

__all__ = ["creation_of", "no_key_ring"]

_MADE: Final = {KeyType.ED25519: "EC_SIGN_ED25519", KeyType.RSA: "RSA_SIGN_PKCS1_2048_SHA256"}
_FIRST: Final = "/cryptoKeyVersions/1"


def creation_of(name: str, key_type: KeyType) -> dict[str, Any]:
    """Return the request that makes the key of a version.

    Raises:
        ConfigurationError: no key is made of this type, or it is not the first version.
    """
    if key_type not in _MADE:
        raise not_made("Cloud KMS", key_type)
    if not name.endswith(_FIRST):
        raise unnameable(f"Write {_FIRST} behind a new key's name: it is the first version.")
    parent, _, key = name.removesuffix(_FIRST).rpartition("/cryptoKeys/")
    made = {
        "purpose": "ASYMMETRIC_SIGN",
        "version_template": {"algorithm": _MADE[key_type]},
    }
    return {"parent": parent, "crypto_key_id": key, "crypto_key": made}


def no_key_ring(parent: str) -> ConfigurationError:
    """Return the error of a key ring that is not there, by its full name."""
    _, project, _, location, _, ring = parent.split("/")
    hint = f"Make it: gcloud kms keyrings create {ring} --location={location} --project={project}"
    return ConfigurationError("there is no such key ring.", hint=hint)
