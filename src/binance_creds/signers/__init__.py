"""Binance signatures from bytes, and the payloads that are signed."""

from binance_creds.signers._local import Ed25519Signer, HmacSigner, RsaSigner
from binance_creds.signers._payload import (
    fix_logon_payload,
    parameter_text,
    rest_query,
    websocket_payload,
)
from binance_creds.signers._protocols import KeyMaker, KeyVersion, RemoteKey, Signer
from binance_creds.signers._uri import SignerURI

__all__ = [
    "Ed25519Signer",
    "HmacSigner",
    "KeyMaker",
    "KeyVersion",
    "RemoteKey",
    "RsaSigner",
    "Signer",
    "SignerURI",
    "fix_logon_payload",
    "parameter_text",
    "rest_query",
    "websocket_payload",
]
