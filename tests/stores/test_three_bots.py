"""Three bots trade while `put` rotates their key, in each store that can be written.

What they report says when the old key is no longer used; then it is deleted at the exchange.
"""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from shops import SHOPS
from three_bots import name, three_bots
from waiting import wait_for

from binance_creds import KeyType, Secret
from binance_creds.rotation import reports_of, usage_of
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put

STORES = [*SHOPS, "dotenv", "file", "keyring"]


class Keychain(KeyringBackend):
    """A keychain that is unlocked, and keeps its items in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self._items = {}

    def get_password(self, service, username):
        return self._items.get((service, username))

    def set_password(self, service, username, password):
        self._items[service, username] = password


@pytest.fixture
def keychain():
    before = keyring.get_keyring()
    keyring.set_keyring(Keychain())
    yield
    keyring.set_keyring(before)


@pytest.fixture(params=STORES)
def source(request, tmp_path):
    """Give a source of each store in which nothing is."""
    kind = request.param
    if kind in SHOPS:
        return request.getfixturevalue("open_shop")(kind).source(name())
    request.getfixturevalue("machine")
    if kind == "keyring":
        request.getfixturevalue("keychain")
        return f"keyring://{name()}/main"
    tmp_path.chmod(0o700)
    return f"{kind}:{tmp_path / 'pair'}"


@pytest.fixture
def reports(source, tmp_path, monkeypatch):
    """Give a function that says who uses a key, by what the bots report."""
    folder = tmp_path / "bots"
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", str(folder))
    return lambda key: usage_of(fingerprint(key), reports_of([folder]))


def secrets(key):
    return {field: Secret(text) for field, text in key.fields().items()}


def fingerprint(key) -> str:
    return fingerprint_of(Secret(key.api_key))


def test_a_rotation_is_seen_by_no_bot(source, reports, exchange):
    kinds = (KeyType.HMAC, KeyType.ED25519)
    old, new = map(exchange.issue, kinds)
    put(source, secrets(old))
    with three_bots(source, exchange) as bots:
        wait_for(lambda: len(reports(old).using) == 3, "the report")
        assert not reports(old).is_unused
        put(source, secrets(new), replace=fingerprint(old))
        bots.use(new.api_key)
        wait_for(lambda: reports(old).is_unused, "the report")
        exchange.keys.revoke(old.api_key)
        bots.go_on(5)
