"""Names for an API key and for a pair that give nothing away."""

from __future__ import annotations

import os
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds._secret import Secret
    from binance_creds.signers._protocols import Signer

__all__ = ["PROBE", "fingerprint_of", "identity_of", "pair_digest"]

_KEY: Final = os.urandom(32)
PROBE: Final = b"timestamp=1"  # nobody can use a request of 1970


def identity_of(signer: Signer) -> str:
    """Return what two signers have in common that sign with the same key, and no others.

    That is the public half, or a signature of a payload that nobody can use. A key outside has made
    it when it was opened: nothing is asked here.
    """
    return signer.public_key_pem() or getattr(signer, "proof", None) or signer.sign(PROBE)


def fingerprint_of(api_key: Secret) -> str:
    """Return 8 hex digits of SHA-256 of a key that every request carries anyway."""
    return sha256(api_key.reveal().encode()).hexdigest()[:8]


def pair_digest(api_key: Secret, signer: Signer, about: str) -> bytes:
    """Return a digest of key and secret together, which means nothing outside this process.

    The key takes part by what identifies it, so that sealed credentials have one too.

    Args:
        api_key: names the pair.
        signer: of the pair.
        about: whatever else makes a difference.
    """
    digest = blake2b(about.encode(), key=_KEY, digest_size=8)
    digest.update(api_key.reveal().encode())
    digest.update(identity_of(signer).encode())
    return digest.digest()
