"""`SourceURI` follows the grammar and repeats nothing that may be a key."""

from __future__ import annotations

import copy
import pickle
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import caught, token

from binance_creds import SourceURI
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
PARTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="/\\.@"),
    min_size=1,
    max_size=8,
)


@given(
    scheme=st.from_regex(r"[a-z][a-z0-9-]{0,23}", fullmatch=True),
    parts=st.lists(PARTS, min_size=1, max_size=4),
    options=st.dictionaries(NAMES, PARTS, max_size=4),
    field=st.none() | PARTS,
    slashes=st.sampled_from(["", "//"]),
)
def test_what_is_written_by_the_grammar_is_read_back(
    scheme, parts, options, field, slashes
) -> None:
    """Percent-encoding is undone once."""
    text = f"{scheme}:{slashes}" + "/".join(quote(part, safe="") for part in parts)
    if options:
        text += "?" + "&".join(f"{n}={quote(v, safe='')}" for n, v in options.items())
    if field is not None:
        text += f"#{quote(field, safe='')}"
    uri = SourceURI.parse(text)
    assert (uri.scheme, uri.location, dict(uri.options), uri.field) == (
        scheme,
        "/".join(parts),
        options,
        field,
    )
    assert uri == SourceURI.parse(text)
    assert hash(uri) == hash(SourceURI.parse(text))
    assert uri == pickle.loads(pickle.dumps(uri))


@given(st.text())
def test_any_text_parses_or_is_refused(text) -> None:
    """No other error escapes."""
    try:
        SourceURI.parse(text)
    except ConfigurationError as error:
        assert error.__context__ is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("BINANCE", "does not start with a scheme"),
        ("ENV://X", "does not start with a scheme"),
        ("://x", "does not start with a scheme"),
        ("vault://user:pass@mount/path", "user info"),
        ("file:/a/../b", "'..'"),
        ("file:..\\b", "'..'"),
        ("file:/a%2Fb", "percent-encoded separators"),
        ("file:/%2e%2e/b", "percent-encoded separators"),
        ("file:/a\nb", "control or invisible"),
        ("file:/a%00b", "control or invisible"),
        ("env:X?a%0A=1", "control or invisible"),
        ("file:/a%zz", "two hex digits"),
        ("file:/a%ff", "not UTF-8"),
        ("env://X?a", "name=value"),
        ("env://X?=b", "name=value"),
        ("env://X?a=1&a=2", "twice"),
        *((f"dotenv:.env{it}prefix=X", "stands behind '?'") for it in ("&", ";", ",", ", ", " ")),
        (7, "not int"),
    ],
)
def test_what_the_grammar_forbids_is_refused(text, words) -> None:
    """With what is wrong and how a source is written."""
    error = caught(SourceURI.parse, text)
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert "e.g. env://BINANCE" in str(error)


@pytest.mark.parametrize(
    "shape",
    [
        "{}", "{}:{}", "https://u:{}@h/", "env://X?{}", "file:/a%{}", "env:X?a={}\n",
        "env://{}", "env:BINANCE_{}", "memory:{}", "file:/run/secrets/{}", "file:/run/{}/key",
        "env://X?{}=1", "file:/run/pair#{}", "vault://kv/-----BEGIN PRIVATE KEY-----{}",
    ],
)  # fmt: skip
def test_a_pasted_key_is_not_repeated(shape) -> None:
    """Not in the error, and not in the locals of its traceback."""
    canary = f"x{token()}"  # "a%4f..." would be a path
    error = caught(SourceURI.parse, shape.replace("{}", canary))
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)


def test_a_digest_is_a_name() -> None:
    """Container runtimes and package stores name folders by them."""
    digest = "0123456789abcdef" * 4
    assert SourceURI.parse(f"file:/run/{digest}/key").location == f"/run/{digest}/key"


def test_its_repr_shows_names_of_options_only() -> None:
    """Their values may be addresses or roles that are nobody's business."""
    uri = SourceURI.parse("vault://kv/bot?address=https://internal&role=x#main")
    assert repr(uri) == str(uri) == "SourceURI('vault:kv/bot?address=...&role=...#main')"


def test_it_is_immutable_and_copies_are_itself() -> None:
    """It is a value."""
    uri = SourceURI.parse("env://X?a=1")
    assert uri is SourceURI.parse(uri) is copy.copy(uri) is copy.deepcopy(uri)
    assert type(caught(setattr, uri, "scheme", "x")) is AttributeError
    assert type(caught(lambda: uri.options.update(a="2"))) is AttributeError
    assert uri != "env://X?a=1"


def test_unknown_options_are_refused_by_name() -> None:
    """With the valid ones."""
    uri = SourceURI.parse("env://X?regoin=y")
    error = caught(uri.allow_options, "region", "profile")
    assert "'regoin'; valid options of 'env': profile, region" in str(error)
    assert "none" in str(caught(uri.allow_options))
    assert uri.allow_options("regoin") is None


def test_options_have_types() -> None:
    """Flags are true or false, choices one of their words."""
    uri = SourceURI.parse("env://X?a=true&b=false&c=maybe")
    assert [uri.flag("a"), uri.flag("b"), uri.flag("z"), uri.option("z", "d")] == [
        True,
        False,
        False,
        "d",
    ]
    assert "must be one of: false, true" in str(caught(uri.flag, "c"))


def test_sources_that_differ_in_an_option_alone_have_other_hashes() -> None:
    """A thousand sub-accounts in one file are found as quickly as one."""
    sources = [SourceURI.parse(f"dotenv:x?prefix=A{number}") for number in range(100)]
    assert len({hash(source) for source in sources}) == len(sources)
