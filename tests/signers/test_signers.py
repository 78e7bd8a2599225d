"""Signers agree with independent implementations; parameters keep their value."""

from __future__ import annotations

import enum
import hashlib
import hmac
import pickle
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from types import MappingProxyType
from urllib.parse import parse_qsl, quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st
from language import refusal
from support import caught, new_key, token

from binance_creds import KeyType, Secret
from binance_creds.errors import ConfigurationError
from binance_creds.signers import (
    Ed25519Signer,
    HmacSigner,
    RsaSigner,
    parameter_text,
    rest_query,
    websocket_payload,
)
from binance_creds.testing import FakeExchange


@given(key=st.text(min_size=1, max_size=200), payload=st.binary(max_size=300))
def test_hmac_equals_the_standard_library(key, payload) -> None:
    """For keys shorter and longer than a block."""
    expected = hmac.new(key.encode(), payload, hashlib.sha256).hexdigest()
    assert expected == HmacSigner(Secret(key)).sign(payload)


@pytest.mark.parametrize("key_type", list(KeyType))
def test_many_threads_share_one_signer(key_type) -> None:
    """Every signature verifies against the public half."""
    from support import build

    exchange = FakeExchange()
    key = exchange.issue(key_type)
    creds = build(**key.fields())
    registered = exchange.keys.find(key.api_key)
    payloads = [token().encode() for _ in range(200)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(creds.sign, payloads))
    assert all(registered.verifies(p, s) for p, s in zip(payloads, signatures, strict=True))


@pytest.mark.parametrize(
    ("signer", "key"),
    [
        (Ed25519Signer, Ed25519PrivateKey.generate()),
        (RsaSigner, generate_private_key(65_537, 2048)),
    ],
    ids=list(KeyType)[1:],
)
def test_a_signer_gives_the_public_half_of_its_key(signer, key) -> None:
    assert key.public_key() == load_pem_public_key(signer(key).public_key_pem().encode())


@pytest.mark.parametrize("key_type", list(KeyType))
def test_text_is_no_payload(key_type) -> None:
    """The error says what to do."""
    from support import build

    error = caught(build(**FakeExchange().issue(key_type).fields()).sign, "a=1")
    assert TypeError is type(error)
    assert "bytes, not str: encode text" in str(error)


def test_a_wrong_signature_does_not_verify() -> None:
    """The check can fail."""
    exchange = FakeExchange()
    for key_type in KeyType:
        registered = exchange.keys.find(exchange.issue(key_type).api_key)
        assert not registered.verifies(b"payload", "AAAA")
        assert not registered.verifies(b"payload", "!")


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=5))
def test_a_query_decodes_to_what_it_was_made_of(parameters) -> None:
    """Nothing is lost in the encoding, and all of it is ASCII."""
    try:
        query = rest_query(parameters)
    except UnicodeEncodeError:  # lone surrogates are no text
        return
    assert query.isascii()
    assert parameters == dict(parse_qsl(query, keep_blank_values=True))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-7, "0.0000001"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (Decimal("1E-8"), "0.00000001"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        ("x", "x"),
        (["BTCUSDT", "BNBUSDT"], '["BTCUSDT","BNBUSDT"]'),
        (("é",), '["é"]'),
        ([], "[]"),
    ],
)
def test_values_are_written_as_the_exchange_reads_them(value, text) -> None:
    """Without exponents, and lists as JSON without spaces."""
    assert text == parameter_text("p", value)


@pytest.mark.parametrize(
    "value", [None, b"x", {}, float("nan"), float("inf"), Decimal("NaN"), [1], object()]
)
def test_a_value_that_has_no_place_in_a_query_is_refused(value) -> None:
    """The error names the parameter and its type."""
    error = refusal(parameter_text, "price", value)
    assert isinstance(error, ConfigurationError)
    assert f"parameter 'price' is {type(value).__name__}; " in error.message


def test_every_character_that_means_something_is_encoded() -> None:
    """In names and values."""
    assert rest_query({"a/b&": "c/d= ~"}) == "a/b%26=c/d%3D%20~"


@pytest.mark.parametrize("write", [rest_query, websocket_payload])
def test_the_parameter_that_has_no_value_is_named(write) -> None:
    """With its type."""
    error = refusal(write, {"symbol": "BTCUSDT", "price": None})
    assert error.message == "parameter 'price' is NoneType; leave out what has no value."


CANNOT = "a signer cannot be pickled: load the credentials in the process that uses them"


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_signer_cannot_be_pickled(key_type) -> None:
    """By any protocol."""
    from support import build

    signer = build(**FakeExchange().issue(key_type).fields()).signer
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        error = caught(pickle.dumps, signer, protocol)
        assert (TypeError, CANNOT) == (type(error), str(error))
    assert CANNOT == str(caught(signer.__getstate__))


def test_what_are_no_pairs_is_refused() -> None:
    """Though their texts would make a query."""
    with pytest.raises(ValueError, match="unpack"):
        rest_query([("a",), ("b", "c", "d")])


class Name(str, enum.Enum):  # noqa: UP042  # the kind that prints its name
    SYMBOL = "symbol"
    LIMIT = "limit"


@pytest.mark.parametrize("value", ["BTCUSDT", "ü"])
def test_a_name_may_be_a_member_of_an_enumeration(value) -> None:
    """Whatever its value is."""
    assert f"symbol={quote(value)}&limit=5" == rest_query({Name.SYMBOL: value, Name.LIMIT: 5})


@pytest.mark.parametrize("kind", [dict, MappingProxyType, lambda it: iter(it.items())])
def test_parameters_are_a_mapping_or_pairs(kind) -> None:
    """Pairs that can be read once, too; encoded and not."""
    assert rest_query(kind({"a": "1", "b": 2})) == "a=1&b=2"
    assert rest_query(kind({"a": "&", "b": 2})) == "a=%26&b=2"
    assert not rest_query(kind({}))


def test_pairs_may_repeat_a_name() -> None:
    """A sequence of pairs keeps its order."""
    assert rest_query([("a", 1), ("a", 2)]) == "a=1&a=2"


def test_a_signer_shows_nothing() -> None:
    """Not even through its slots."""
    from binance_creds.testing import assert_no_leak

    key = new_key()
    assert_no_leak(key.api_secret, HmacSigner(Secret(key.api_secret)))
