"""From fields to credentials: what is cleaned, what is refused, and why."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from language import refusal
from support import build, new_key, token

from binance_creds import Environment, KeyType
from binance_creds._plan import Plan, Terms
from binance_creds.errors import CredentialsWarning, MalformedSecretError
from binance_creds.testing import assert_no_leak

KEY, SECRET = token(), token()
PEM = new_key(KeyType.ED25519).private_key_pem


@given(
    character=st.characters().filter(
        lambda c: not "!" <= c <= "~" and not ("\ud800" <= c <= "\udfff")
    ),
    position=st.integers(1, 62),
)
def test_any_other_character_is_refused_with_position_and_category(character, position) -> None:
    """Zero-width spaces, no-break spaces, homoglyphs, control characters, inner white space."""
    text = KEY[:position] + character + KEY[position:]
    error = refusal(build, api_key=text, api_secret=SECRET)
    assert isinstance(error, MalformedSecretError)
    assert (error.reason, error.field) == ("bad_character", "api_key")
    what = "an invisible or foreign character"
    if character in " \t\r\n":
        what = "a space or line end"
    elif character in "‘’‚‛“”„‟‹›«»＂＇":
        what = "a curly quote"
    where = f"position {position + 1} (Unicode category {unicodedata.category(character)})"
    assert f"api_key has {what} at {where}, which no key contains." == error.message
    assert_no_leak(KEY, error)


@pytest.mark.parametrize("edge", ["\u00a0", "\u200b", "\u201c", "\u2060", "'\u00a0"])
def test_an_invisible_edge_is_refused_rather_than_stripped(edge) -> None:
    """It came from a chat; what else did?"""
    text = f"{edge}{KEY}{edge[:-1]}"
    assert refusal(build, api_key=text, api_secret=SECRET).reason == "bad_character"


@pytest.mark.parametrize(
    "text",
    [
        "your_api_key", "YOUR-API-KEY", "your api key", "yourapikey", "<secret>", "[key]", "x" * 64, "0" * 64, "***",
        "xxxx-xxxx", "...", "changeme", "change_me", "api_key", "API-SECRET", "my_api_key_here", "insert_key", "todo",
        "placeholder", "none", "YourApiKey" * 6 + "Here", "xXxX" * 9, "yourkey" + "q" * 40, "null", "put-your-key-here", "a", "mybinanceapisecrethere", "xX" * 32, "yourapikey" * 6,
    ],
)  # fmt: skip
def test_a_placeholder_is_refused(text) -> None:
    """The error names the field."""
    error = refusal(build, api_key=KEY, api_secret=text)
    assert isinstance(error, MalformedSecretError)
    assert (error.reason, error.field) == ("placeholder", "api_secret")


@pytest.mark.parametrize(
    "text",
    ["${VAR}", "$BINANCE_KEY", "{{ vault.key }}", "%(key)s", "%KEY%", "ab${X}cd", "$(pass x)"],
)
def test_a_variable_that_nothing_replaced_is_refused(text) -> None:
    """It is not taken for the key."""
    assert refusal(build, api_key=text, api_secret=SECRET).reason == "unexpanded_variable"


@given(
    st.text(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=64, max_size=64
    )
)
def test_no_real_key_is_taken_for_a_placeholder(text) -> None:
    """Unless it is one character 64 times."""
    if len(set(text.lower())) > 1:
        assert build(api_key=text, api_secret=SECRET if text != SECRET else KEY)


REFUSED = {
    "key equals secret": ({"api_key": KEY, "api_secret": f"'{KEY}'"}, "key_equals_secret", "api_secret"),
    "no key": ({"api_secret": SECRET}, "incomplete", "api_key"),
    "no secret": ({"api_key": KEY}, "incomplete", "api_secret"),
    "two secrets": ({"api_key": KEY, "api_secret": SECRET, "private_key": PEM}, "two_secrets", None),
    "environment": (
        {"api_key": KEY, "api_secret": SECRET, "environment": "prod"}, "unknown_environment", "environment",
    ),
    "passphrase alone": ({"api_key": KEY, "passphrase": "x"}, "incomplete", "api_secret"),
    "date": ({"api_key": KEY, "api_secret": SECRET, "created": "last week"}, "bad_date", "created"),
    "days": ({"api_key": KEY, "api_secret": SECRET, "rotation_days": "0"}, "bad_number", "rotation_days"),
    "many days": ({"api_key": KEY, "api_secret": SECRET, "rotation_days": "99999"}, "bad_number", "rotation_days"),
    "days past ten years": ({"api_key": KEY, "api_secret": SECRET, "rotation_days": "3651"}, "bad_number", "rotation_days"),
    "odd days": ({"api_key": KEY, "api_secret": SECRET, "rotation_days": "٣"}, "bad_number", "rotation_days"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "reason", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_each_defect_has_its_own_reason_and_leaks_nothing(fields, reason, field) -> None:
    """The error names the field and what to do; no traceback leads to a value."""
    error = refusal(build, **fields)
    assert isinstance(error, MalformedSecretError)
    assert (error.reason, error.field, error.source) == (reason, field, "memory:test")
    assert error.hint
    for canary in (KEY, SECRET, PEM.split("\n")[1]):
        assert_no_leak(canary, error)


@pytest.mark.parametrize("text", ["abc123", "x1" * 40, "x-1" * 20 + "abcd"])
def test_another_shape_warns_and_is_taken(text) -> None:
    """64 letters and digits is observed, not promised."""
    with pytest.warns(CredentialsWarning, match="api_secret of memory:test is not 64") as warned:
        build(api_key=KEY, api_secret=text)
    assert_no_leak(KEY, str(warned[0].message))


def test_the_environments_are_listed() -> None:
    """Where none of them is named."""
    error = refusal(build, api_key=KEY, api_secret=SECRET, environment="prod")
    assert error.hint == "Write one of: live, testnet, demo, us."


def test_the_warning_points_at_the_caller() -> None:
    """Not at this library."""
    with pytest.warns(CredentialsWarning) as warned:
        build(api_key=KEY, api_secret="abc123")
    assert warned[0].filename.endswith("support.py")


def test_the_environment_is_live_unless_something_says_otherwise() -> None:
    """The secret's own word counts; an argument overrides; a profile must agree."""
    pair = {"api_key": KEY, "api_secret": SECRET}
    testnet = Plan((), Terms(environment=Environment.TESTNET))
    assert build(**pair).environment is Environment.LIVE
    assert build(**pair, environment=" Testnet ").environment is Environment.TESTNET
    assert build(testnet, **pair).environment is Environment.TESTNET
    assert build(testnet, **pair, environment="testnet").environment is Environment.TESTNET
    forced = testnet.with_terms(environment=Environment.DEMO, is_override=True)
    assert build(forced, **pair, environment="testnet").environment is Environment.DEMO
    error = refusal(
        build, testnet.with_terms(environment=Environment.LIVE), **pair, environment="testnet"
    )
    assert (error.reason, error.field) == ("environment_mismatch", "environment")


@pytest.mark.parametrize("days", [1, 90, 1000, 3650])
def test_the_days_of_a_rotation_may_be_up_to_ten_years(days) -> None:
    """From one on."""
    creds = build(api_key=KEY, api_secret=SECRET, rotation_days=str(days), created="2026-01-01")
    assert (creds.rotate_by - creds.created_at).days == days


def test_a_profiles_rotation_days_win() -> None:
    """The date may carry its time zone."""
    plan = Plan((), Terms(rotation_days=30))
    creds = build(
        plan, api_key=KEY, api_secret=SECRET, rotation_days="90", created="2026-01-01T00:00:00Z"
    )
    assert (creds.rotate_by - creds.created_at).days == 30
