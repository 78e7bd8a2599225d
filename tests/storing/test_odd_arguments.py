"""What is no secret, or no place, is refused without being shown: it may be a secret."""

from __future__ import annotations

import pytest
from support import caught, token

from binance_creds import Secret
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.storing import copy, missing_fields, pair_of_file, pair_of_text, put
from binance_creds.testing import assert_no_leak

FIELDS = {
    "a text": lambda secret: {"api_key": Secret(token()), "api_secret": secret},
    "bytes": lambda secret: {"api_key": Secret(token()), "api_secret": secret.encode()},
    "no mapping": lambda secret: [secret],
    "a secret alone": Secret,
}


@pytest.mark.parametrize("made", FIELDS.values(), ids=FIELDS.keys())
def test_fields_that_are_no_secrets_are_refused(tmp_path, made) -> None:
    """An `AttributeError` of Python would carry the text that was given, as its `obj`."""
    secret = token()
    for call in (missing_fields, lambda fields: put(f"dotenv:{tmp_path}/.env", fields)):
        error = caught(call, made(secret))
        assert isinstance(error, ConfigurationError)
        assert "must be a mapping of names to `Secret`" in str(error)
        assert_no_leak(secret, error)
    assert list(tmp_path.iterdir()) == []


def test_a_pair_in_plain_text_is_refused() -> None:
    secret = token()
    error = caught(pair_of_text, f'{{"api_key": "{token()}", "api_secret": "{secret}"}}')
    assert "Write pair_of_text(Secret(text))" in str(error)
    assert_no_leak(secret, error)


def test_a_key_where_a_path_belongs_is_not_shown() -> None:
    key = token()
    error = caught(pair_of_file, key)
    assert isinstance(error, ConfigurationError)
    assert_no_leak(key, error)


@pytest.mark.parametrize("place", [0, 1])
def test_a_key_where_a_place_belongs_is_not_shown(tmp_path, place) -> None:
    key, places = token(), [f"dotenv:{tmp_path}/.env", f"dotenv:{tmp_path}/other.env"]
    places[place] = key
    error = caught(copy, *places)
    assert isinstance(error, CredentialsError)
    assert_no_leak(key, error)
