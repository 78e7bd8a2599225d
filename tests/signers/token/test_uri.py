"""The URI of a key in a token: the grammar of RFC 7512, and nothing that could be a secret."""

from __future__ import annotations

import copy
import pickle
import secrets
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import caught

from binance_creds.errors import ConfigurationError
from binance_creds.signers import SignerURI
from binance_creds.signers._pkcs11_uri import attributes_of

PATH = "token=bot;object=ed"
MODULE = "module-path=/usr/lib/softhsm/libsofthsm2.so"


def shown(error: BaseException) -> str:
    """Return its texts, and the locals of this library's frames."""
    texts, trace = [str(error), repr(error), repr(error.__context__)], error.__traceback__
    while trace is not None:
        if "binance_creds" in trace.tb_frame.f_code.co_filename:
            texts.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    return " ".join(texts)


def refusal(text: str) -> str:
    error = caught(SignerURI.parse, text)
    assert isinstance(error, ConfigurationError)
    assert "pkcs11:token=LABEL" in error.hint
    return error.message


def test_the_path_is_the_location_and_the_query_the_options() -> None:
    uri = SignerURI.parse(f"pkcs11:{PATH}?{MODULE}&pin-source=file:/run/pin&timeout=2s")
    assert "pkcs11" == uri.scheme
    assert PATH == uri.location
    assert {
        "module-path": "/usr/lib/softhsm/libsofthsm2.so",
        "pin-source": "file:/run/pin",
        "timeout": "2s",
    } == dict(uri.options)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("object=ed;token=bot", PATH),
        ("token=%62%6F%74;object=%65d", PATH),
        ("id=%01%ab", "id=%01%AB"),
        ("id=A0", "id=%41%30"),
        ("library-version=2", "library-version=2.0"),
        ("type=private;slot-id=7", "slot-id=7;type=private"),
        ("token=The%20Bot%3B1", "token=The%20Bot%3B1"),
        ("token=caf%C3%A9", "token=caf%C3%A9"),
        ("token=a%2Fb", "token=a%2Fb"),
        ("serial=2e9025b5f80e6c56", "serial=2e9025b5f80e6c56"),
        ("object=a&b:[c]@d!e$f'(g)*+,=h", "object=a&b:[c]@d!e$f'(g)*+,=h"),
        ("", ""),
    ],
)
def test_one_key_has_one_text(written, canonical) -> None:
    uri = SignerURI.parse(f"pkcs11:{written}?{MODULE}")
    assert canonical == uri.location
    assert SignerURI.parse(f"pkcs11:{canonical}?{MODULE}") == uri


def test_an_identifier_may_be_any_bytes() -> None:
    uri = SignerURI.parse("pkcs11:id=%00%FF%3b;object=%E2%82%AC")
    assert {"id": b"\0\xff;", "object": "€".encode()} == attributes_of(uri.location)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pkcs11:token=bot;colour=red", "unknown attribute before '?'; valid ones: token, "),
        ("pkcs11:token=bot?colour=red", "unknown attribute behind '?'; valid ones: module-path, "),
        ("pkcs11:token=bot;x-mine=1", "unknown attribute before '?'"),
        ("pkcs11:token=bot;", "unknown attribute before '?'"),
        ("pkcs11:token=bot;module-path=/m.so", "'module-path' stands behind '?'"),
        ("pkcs11:?token=bot", "'token' stands before '?'"),
        ("pkcs11:token=bot;token=bot", "'token' is given twice"),
        (f"pkcs11:token=bot?{MODULE}&{MODULE}", "'module-path' is given twice"),
        ("pkcs11:token=;object=ed", "'token' has no value"),
        ("pkcs11:token", "'token' has no value"),
        ("pkcs11:token=my bot", "'token' must be percent-encoded; a space is %20"),
        ("pkcs11:token=café", "'token' must be percent-encoded"),
        ("pkcs11:token=a/b", "'token' must be percent-encoded"),
        ("pkcs11:token=a%2", "not followed by two hex digits"),
        ("pkcs11:id=%zz", "not followed by two hex digits"),
        ("pkcs11:token=%ff", "not UTF-8"),
        ("pkcs11:token=a%0ab", "control or invisible characters"),
        ("pkcs11:token=a%00", "control or invisible characters"),
        ("pkcs11:token=bot?pin-source=%E2%80%8B", "control or invisible characters"),
        ("pkcs11:token=bot#x", "'#' separates nothing"),
        ("pkcs11:type=public", "'type' must be 'private'"),
        ("pkcs11:slot-id=one", "'slot-id' must be a number"),
        ("pkcs11:library-version=a.b", "'library-version' must be a number"),
    ],
)
def test_what_is_no_such_uri_is_refused(text, message) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize("place", ["?pin-value=", ";pin-value=", "?module-path=/m.so&pin-value="])
def test_a_pin_in_it_is_refused_and_shown_nowhere(place) -> None:
    pin = secrets.token_hex(8)
    error = caught(SignerURI.parse, f"pkcs11:token=bot{place}{pin}")
    assert "`pin-value` is refused: a PIN in a URI is in each place" in error.message
    assert pin not in shown(error)


@pytest.mark.parametrize("place", ["object=", "id=", "token=bot?module-path="])
def test_a_key_that_was_pasted_is_refused_and_shown_nowhere(place) -> None:
    key = "Ab1" + secrets.token_hex(31)
    encoded = "".join(f"%{ord(character):02X}" for character in key)
    for written in (key, encoded):
        error = caught(SignerURI.parse, f"pkcs11:{place}{written}")
        assert "looks like an API key or secret" in error.message
        assert key not in shown(error)


def test_its_texts_show_no_value_of_the_query() -> None:
    uri = SignerURI.parse(f"pkcs11:{PATH}?pin-source=/home/ada/pin")
    for text in (repr(uri), str(uri), f"{uri}", uri.redacted):
        assert "pkcs11:token=bot;object=ed?pin-source=..." in text
        assert "ada" not in text


def test_it_is_copied_and_pickled_as_it_is() -> None:
    uri = SignerURI.parse(f"pkcs11:{PATH}?{MODULE}")
    assert uri == copy.deepcopy(uri) == pickle.loads(pickle.dumps(uri))
    assert type(uri) is SignerURI


@given(
    label=st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=20),
    identifier=st.binary(min_size=1, max_size=20),
)
def test_every_printable_label_and_every_identifier_comes_through(label, identifier) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in identifier)
    text = f"pkcs11:object={quote(label, safe='')};id={encoded}"
    if label.isprintable():
        found = attributes_of(SignerURI.parse(text).location)
        assert {"object": label.encode(), "id": identifier} == found
    else:
        assert "control or invisible" in refusal(text)
