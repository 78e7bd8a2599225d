"""Three bots trade while `put` rotates their key, in each store that can be written."""

from __future__ import annotations

import pytest
from shops import SHOPS
from three_bots import name, three_bots

from binance_creds import KeyType, Secret
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put


def secrets(key):
    return {field: Secret(text) for field, text in key.fields().items()}


def fingerprint(key) -> str:
    return fingerprint_of(Secret(key.api_key))


@pytest.fixture(params=[*SHOPS, "dotenv", "file"])
def source(request, tmp_path):
    """Give a source of each store in which nothing is."""
    if request.param in SHOPS:
        return request.getfixturevalue("open_shop")(request.param).source(name())
    request.getfixturevalue("machine")
    tmp_path.chmod(0o700)
    return f"{request.param}:{tmp_path / 'pair'}"


def test_a_rotation_is_seen_by_no_bot(source, exchange):
    kinds = (KeyType.HMAC, KeyType.ED25519)
    old, new = map(exchange.issue, kinds)
    put(source, secrets(old))
    with three_bots(source, exchange) as bots:
        put(source, secrets(new), replace=fingerprint(old))
        bots.use(new.api_key)
        exchange.keys.revoke(old.api_key)
        bots.go_on(5)
