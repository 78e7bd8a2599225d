"""Beside a source a removal may have been interrupted, or somebody may have switched it off."""

from __future__ import annotations

import pytest
from support import caught, pair
from three_bots import name

from binance_creds import Secret
from binance_creds.errors import SecretDisabledError
from binance_creds.providers import SourceURI
from binance_creds.rotation import Rotation, staged
from binance_creds.storing import put


@pytest.fixture
def secret() -> str:
    return name()


@pytest.fixture
def rotation(shop, secret, tmp_path):
    """Give a rotation of a secret beside which another one was put, and switched off."""
    fields = {field: Secret(text) for field, text in pair().items()}
    put(shop.source(secret), fields)
    put(staged(SourceURI.parse(shop.source(secret))), fields)
    shop.switch_off(f"{secret}-next")
    return Rotation(shop.source(secret), verify=False, folder=tmp_path)


def test_a_source_that_is_off_is_told(shop, secret, rotation) -> None:
    shop.switch_off(secret)
    assert isinstance(caught(rotation.status), SecretDisabledError)


def test_what_was_deleted_and_not_purged_is_purged_and_what_is_off_is_told(shop, rotation) -> None:
    if shop.scheme == "azure-kv":
        assert rotation.status() is None
        assert rotation.status() is None  # once more: there is nothing now
        return
    assert isinstance(caught(rotation.status), SecretDisabledError)
