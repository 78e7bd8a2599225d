"""What a pair that was given as text or as a file still lacks."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import new_key, pair, token

from binance_creds import KeyType, Secret
from binance_creds.storing import missing_fields, pair_of_text

PEM = new_key(KeyType.ED25519).private_key_pem
LOCKED = (
    Ed25519PrivateKey.generate()
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    .decode()
)
LACKING = {
    "nothing given": ({}, ("api_key", "api_secret")),
    "a key alone": ({"api_key": token()}, ("api_secret",)),
    "a pair": (pair(), ()),
    "a private key": ({"private_key": PEM}, ("api_key",)),
    "an open key where the secret stands": ({"api_key": token(), "api_secret": PEM}, ()),
    "a locked key": ({"private_key": LOCKED}, ("api_key", "passphrase")),
    "a locked key where the secret stands": (
        {"api_key": token(), "api_secret": LOCKED}, ("passphrase",),
    ),
    "a locked key and what opens it": (
        {"api_key": token(), "private_key": LOCKED, "passphrase": "x"}, (),
    ),
    "a damaged key, of which more is said later": (
        {"api_key": token(), "private_key": "-----BEGIN PRIVATE KEY-----"}, (),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "lacking"), LACKING.values(), ids=LACKING.keys())
def test_what_is_missing_is_named(fields, lacking) -> None:
    assert lacking == missing_fields({name: Secret(text) for name, text in fields.items()})


def test_a_private_key_alone_is_one() -> None:
    assert set(pair_of_text(Secret(PEM))) == {"private_key"}
