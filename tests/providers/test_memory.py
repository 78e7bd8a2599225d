"""What the program itself registered."""

from __future__ import annotations

import pytest
from support import caught, token

from binance_creds import Secret, load_credentials
from binance_creds.errors import ConfigurationError, MalformedSecretError
from binance_creds.providers import memory
from binance_creds.testing import ProviderContract, assert_no_leak


class TestMemory(ProviderContract):
    """Obeys every law."""

    def open(self, uri):
        return memory.MemoryProvider(uri)

    def write(self, fields):
        memory.register("contract", fields)
        return "memory:contract"

    def missing(self):
        memory.unregister("nothing")
        return "memory:nothing"


CANARY = token()
WRONG = {
    "unknown field": ("x", {"api_kee": CANARY}, "fields of a credential are"),
    "a name that is no text": ("x", {5: CANARY}, "fields of a credential are"),
    "number": ("x", {"api_secret": CANARY, "api_key": 5}, "api_key must be text, not int"),
    "list": ("x", {"api_key": [CANARY]}, "api_key must be text, not list"),
    "text": ("x", CANARY, "a mapping of names to text, not str"),
    "nothing": ("x", None, "a mapping of names to text, not NoneType"),
    "exchanged": ({"api_key": CANARY}, "x", "the name must be a str, not dict"),
}


@pytest.mark.parametrize(("name", "fields", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_registration_is_refused_without_a_trace(name, fields, words) -> None:
    """What was given is in no frame."""
    error = caught(memory.register, name, fields)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert_no_leak(CANARY, error)


def test_text_that_utf8_cannot_hold_is_refused_without_a_trace() -> None:
    """A lone surrogate, from a byte that was not UTF-8."""
    error = caught(memory.register, "x", {"api_key": "k", "api_secret": CANARY + "\ud800"})
    assert (MalformedSecretError, "not_utf8") == (type(error), error.reason)
    assert_no_leak(CANARY, error)


def test_any_spelling_and_any_kind_of_text_is_taken() -> None:
    """As in every other source."""
    memory.register("x", {"apiKey": CANARY.encode(), "BINANCE_SECRET_KEY": Secret(token())})
    assert load_credentials("memory:x", fresh=True).api_key == Secret(CANARY)
    error = caught(memory.register, "x", {"apiKey": CANARY, "api_key": token()})
    assert "ambiguous" == error.reason


def test_a_source_without_a_name_is_no_absence() -> None:
    """Such as one whose variable is empty."""
    for source in ("memory:", "memory://"):
        assert isinstance(caught(load_credentials, source), ConfigurationError)
