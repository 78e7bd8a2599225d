"""Every published vector is reproduced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from binance_creds import Secret
from binance_creds._parse._pem import read_private_key
from binance_creds.signers import (
    Ed25519Signer,
    HmacSigner,
    RsaSigner,
    Signer,
    fix_logon_payload,
    rest_query,
    websocket_payload,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "signatures.json").read_text())[
    "vectors"
]


def signer_of(key: dict[str, str]) -> Signer:
    if "secret" in key:
        return HmacSigner(Secret(key["secret"]))
    passphrase = key.get("passphrase")
    private = read_private_key(
        Secret(key["private_key_pem"]), Secret(passphrase) if passphrase else None
    )
    return (RsaSigner if private.key_type.value == "RSA" else Ed25519Signer)(private.key)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_signature_is_reproduced(vector) -> None:
    """From the published key and payload."""
    signer = signer_of(vector["key"])
    assert vector["expected_signature"] == signer.sign(vector["payload"].encode())


def test_there_are_vectors_of_every_kind_with_their_source() -> None:
    """Nine from Binance, the others from python-binance."""
    assert {v["algorithm"] for v in VECTORS} == {"HMAC-SHA256", "Ed25519", "RSA-PKCS1v15-SHA256"}
    assert all(v["source"] for v in VECTORS)


def payload(name: str) -> str:
    return next(v["payload"] for v in VECTORS if v["name"] == name)


def test_rest_payloads_are_those_of_the_documentation() -> None:
    """Percent-encoded before signing."""
    order = {
        "symbol": "１２３４５６", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
        "quantity": 1, "price": 0.1, "recvWindow": 5000, "timestamp": 1499827319559,
    }  # fmt: skip
    assert payload("hmac-rest-nonascii-percent-encoded") == rest_query(order)
    assert payload("hmac-rest-ascii") == rest_query({**order, "symbol": "LTCBTC"})


def test_websocket_payloads_are_sorted_raw_utf8() -> None:
    """The opposite of REST."""
    key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    order = {
        "symbol": "１２３４５６", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1.00000000",
        "price": "0.10000000", "recvWindow": 5000, "timestamp": 1645423376532, "apiKey": key,
    }  # fmt: skip
    assert payload("hmac-wsapi-nonascii-raw-utf8") == websocket_payload(order)


def test_the_fix_logon_payload_is_that_of_the_documentation() -> None:
    """Five fields joined by SOH."""
    text = fix_logon_payload(
        sender_comp_id="EXAMPLE",
        target_comp_id="SPOT",
        sequence_number=1,
        sending_time="20240627-11:17:25.223",
    )
    assert payload("ed25519-fix-logon") == text
