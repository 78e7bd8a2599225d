"""Structures are gone through by value and by name, and kept where nothing is hidden."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import pytest

from binance_creds.redact import sentry


class Pair(NamedTuple):
    name: str
    value: object


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"api_secret": "x"}, {"api_secret": "[redacted]"}),
        ({"api_secret": ""}, {"api_secret": ""}),
        ({"api_secret": None, "signature": 0}, {"api_secret": None, "signature": 0}),
        ({"api_secret": {"a": "b"}}, {"api_secret": {"a": "b"}}),
        ({b"X-MBX-APIKEY": b"x"}, {b"X-MBX-APIKEY": "[redacted]"}),
        ({"X-MBX-APIKEY": ("x", 1)}, {"X-MBX-APIKEY": ("[redacted]", 1)}),
        (
            [("X-MBX-APIKEY", "x"), ("Accept", "y")],
            [("X-MBX-APIKEY", "[redacted]"), ("Accept", "y")],
        ),
        (Pair("secret", "x"), Pair("secret", "[redacted]")),
        ({"x signature=" + "a" * 40}, {"x signature=[redacted]"}),
        (frozenset({"secret=" + "a" * 40}), frozenset({"secret=[redacted]"})),
        (bytearray(b"secret=" + b"a" * 40), bytearray(b"secret=[redacted]")),
        ({"signature=" + "a" * 40: 1}, {"signature=[redacted]": 1}),
        ({"a" * 60 + "secret": "x"}, {"a" * 60 + "secret": "x"}),
    ],
)
def test_it_is_hidden_by_name_and_by_value(value, expected) -> None:
    found = sentry.redact_event(value)
    assert expected == found
    assert type(expected) is type(found)


@pytest.mark.parametrize(
    "value",
    [
        1,
        None,
        object(),
        b"bytes",
        [1, "a", (2, {"b"})],
        {"a": {"b": [Pair("c", 1)]}},
        OrderedDict(a=1),
    ],
)
def test_what_has_no_secret_is_the_same_object(value) -> None:
    assert sentry.redact_event(value) is value


def test_what_contains_itself_has_an_end() -> None:
    value: dict = {"a": 1}
    value["secret"] = value["more"] = [value]
    assert "[redacted]" in str(sentry.redact_event(value))
