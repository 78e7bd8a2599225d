"""A name for an API key that gives nothing away."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from binance_creds._secret import Secret

__all__ = ["fingerprint_of"]


def fingerprint_of(api_key: Secret) -> str:
    """Return 8 hex digits of SHA-256 of a key that every request carries anyway."""
    return sha256(api_key.reveal().encode()).hexdigest()[:8]
