"""Binance signatures from bytes, and the payloads that are signed."""

from binance_creds.signers._payload import (
    fix_logon_payload,
    parameter_text,
    rest_query,
    websocket_payload,
)
from binance_creds.signers._signer import Ed25519Signer, HmacSigner, RsaSigner, Signer

__all__ = [
    "Ed25519Signer",
    "HmacSigner",
    "RsaSigner",
    "Signer",
    "fix_logon_payload",
    "parameter_text",
    "rest_query",
    "websocket_payload",
]
