"""Names for an API key and for a pair that give nothing away."""

from __future__ import annotations

import os
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds._secret import Secret
    from binance_creds.signers._protocols import Signer

__all__ = ["fingerprint_of", "pair_digest"]

_KEY: Final = os.urandom(32)


def fingerprint_of(api_key: Secret) -> str:
    """Return 8 hex digits of SHA-256 of a key that every request carries anyway."""
    return sha256(api_key.reveal().encode()).hexdigest()[:8]


def pair_digest(api_key: Secret, signer: Signer, about: str) -> bytes:
    """Return a digest of key and secret together, which means nothing outside this process.

    The secret takes part by a signature, so that sealed credentials have one too.

    Args:
        api_key: names the pair.
        signer: of the pair.
        about: whatever else makes a difference.
    """
    digest = blake2b(about.encode(), key=_KEY, digest_size=8)
    digest.update(api_key.reveal().encode())
    digest.update(signer.sign(_KEY).encode())
    return digest.digest()
