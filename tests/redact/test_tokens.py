"""Secrets of other lengths than 64 are known as well."""

from __future__ import annotations

import pytest
from support import token

from binance_creds import load_credentials
from binance_creds._known import Digests
from binance_creds.providers import memory
from binance_creds.redact import redacted

SECRETS = ["Zq8" * 10 + "x1", "k7Rt" * 20, "pass-word_of+many/words1", "aB3dE5gH7jK9"]


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    monkeypatch.setattr("binance_creds._known.DIGESTS", Digests())
    lengths: set[int] = set()
    monkeypatch.setattr("binance_creds._known.LENGTHS", lengths)
    monkeypatch.setattr("binance_creds.redact._tokens.LENGTHS", lengths)
    kept = []
    for secret in SECRETS:
        memory.register("odd", {"api_key": token(), "api_secret": secret})
        kept.append(load_credentials("memory:odd", fresh=True))
    yield kept
    memory.unregister("odd")


@pytest.mark.parametrize(
    "text", ["{}", "a {} b", "'{}'", "x={}&y=1", "line\\n{}\\n", "a/{}", "{}...", "K{}", "https://h/{}/x"]
)  # fmt: skip
@pytest.mark.parametrize("secret", SECRETS)
def test_it_is_found_wherever_it_stands(secret, text) -> None:
    assert text.format("[redacted]") == redacted(text.format(secret))


@pytest.mark.parametrize("secret", SECRETS)
def test_it_is_found_at_the_end_of_a_text_full_of_others(secret) -> None:
    text = "some-other-words " * 20_000 + "{} end"
    assert text.format("[redacted]") == redacted(text.format(secret))


@pytest.mark.parametrize("before", ["", "some-other-words " * 5_000])
def test_after_very_many_the_rest_is_hidden(before) -> None:
    shown = redacted(before + f"{SECRETS[0]} " * 4_000 + "kept")
    assert shown.endswith("[redacted]")
    assert SECRETS[0] not in shown
    assert 1_000 <= shown.count("[redacted]") < 1_010


def test_a_text_full_of_others_is_left_as_it_is() -> None:
    text = "some-other-words " * 20_000
    assert redacted(text) is text


def test_no_more_than_16_lengths_are_looked_for() -> None:
    """A look is taken for each; a name still hides the others."""
    secrets = ["x1" * 8 + "y" * length for length in range(4, 24)]
    for secret in secrets:
        memory.register("odd", {"api_key": token(), "api_secret": secret})
        load_credentials("memory:odd", fresh=True)
    found = [secret for secret in secrets if "[redacted]" == redacted(secret)]
    assert 16 - len(SECRETS) <= len(found) <= 16


@pytest.mark.parametrize("secret", SECRETS)
def test_it_is_found_at_the_ends_of_a_very_long_token(secret) -> None:
    """Which is not looked into, as that would take long."""
    text = "a/" * 5_000 + secret
    assert "a/" * 5_000 + "[redacted]" == redacted(text)
