"""A `.env` file to read, and the ways to read it."""

from __future__ import annotations

import os

import pytest
from support import caught, token

from binance_creds import load_credentials
from binance_creds.errors import AccessDeniedError

USER = os.geteuid()
STRANGER = 23456  # neither root nor the user of the tests
as_root = pytest.mark.skipif(USER != 0, reason="only root gives files away")


def make_pair(path) -> str:
    """Write a pair into a private `.env` file; return its API key."""
    key = token()
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={token()}\n")
    return key


def key_of(source: str, **options) -> str:
    return load_credentials(source, **options).api_key.reveal()


def refusal(path, *parts: str) -> str:
    """Return the text of the refusal, which has all these parts; relaxed, the same is a warning."""
    error = caught(load_credentials, f"dotenv:{path}")
    assert isinstance(error, AccessDeniedError)
    for part in parts:
        assert part in str(error)
    with pytest.warns(match=parts[0]):
        key_of(f"dotenv:{path}?permissions=relaxed")
    return str(error)
