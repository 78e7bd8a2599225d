"""One table of spellings for every source, and what is said of a name that is not in it."""

from __future__ import annotations

import json

import pytest
from language import refusal
from support import token

from binance_creds import load_credentials
from binance_creds.errors import MalformedSecretError, SecretNotFoundError
from binance_creds.testing import assert_no_leak

KEY, SECRET = token(), token()
ADRIFT = "BCT"  # no variable of this process begins like this


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a function that puts members somewhere and gives the source."""

    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(text)
        return str(path)

    def put(way: str, members: dict[str, str], prefix: str | None = None) -> str:
        query = f"?prefix={prefix}" if prefix else ""
        lines = "".join(f"{name}={text}\n" for name, text in members.items())
        if way == "env":
            for name, text in members.items():
                monkeypatch.setenv(name, text)
            return f"env://{prefix or 'BINANCE'}"
        if way == "folder":
            for name, text in members.items():
                write(name, text)
            return f"file:{tmp_path}{query}"
        if way == "dotenv":
            return f"dotenv:{write('.env', lines)}{query}"
        text = {
            "file .env": lines,
            "lines": lines,
            "json": json.dumps(members),
            "toml": "".join(f'{name} = "{text}"\n' for name, text in members.items()),
            "quoted .env": "".join(f'{name}="{text}"\n' for name, text in members.items()),
        }[way]
        return f"file:{write('.env' if way.endswith('.env') else 'pair', text)}{query}"

    return put


SHARED = ["env", "dotenv", "file .env", "quoted .env", "lines"]  # with other programs
OWN = ["folder", "json", "toml"]
PREFIXED = [
    ("BINANCE_API_KEY", "BINANCE_API_SECRET"),
    ("BINANCE_APIKEY", "BINANCE_SECRET_KEY"),
    ("BINANCE_KEY", "BINANCE_SECRET"),
    ("BINANCE_API_KEY", "BINANCE_API_SECRET_KEY"),
    ("binance_api_key", "binance_apisecret"),
    ("BinanceApiKey", "BinanceSecretKey"),
]
BARE = [("API_KEY", "API_SECRET"), ("api_key", "secret_key"), ("apiKey", "secret")]


@pytest.mark.parametrize("way", SHARED + OWN)
@pytest.mark.parametrize("names", PREFIXED, ids=" ".join)
def test_every_spelling_with_the_prefix_loads_from_everywhere(place, way, names) -> None:
    """With and without the prefix being asked for."""
    members = dict(zip(names, (KEY, SECRET), strict=True))
    for prefix in (None, "BINANCE"):
        creds = load_credentials(place(way, members, prefix), fresh=True)
        assert (creds.api_key.reveal(), creds.api_secret.reveal()) == (KEY, SECRET)


@pytest.mark.parametrize("way", OWN)
@pytest.mark.parametrize("names", BARE, ids=" ".join)
def test_a_bare_name_loads_from_what_holds_nothing_else(place, way, names) -> None:
    """A folder, a document."""
    creds = load_credentials(place(way, dict(zip(names, (KEY, SECRET), strict=True))))
    assert (creds.api_key.reveal(), creds.api_secret.reveal()) == (KEY, SECRET)


@pytest.mark.parametrize("way", SHARED)
@pytest.mark.parametrize("names", BARE, ids=" ".join)
def test_a_bare_name_in_what_is_shared_is_named_in_the_error(place, way, names) -> None:
    """With the names that are read; the values are not shown."""
    error = refusal(load_credentials, place(way, dict(zip(names, (KEY, SECRET), strict=True))))
    assert isinstance(error, SecretNotFoundError | MalformedSecretError)
    assert f"found {' and '.join(sorted(names))}" in error.message
    assert "BINANCE_API_KEY" in str(error)
    assert "BINANCE_API_SECRET" in str(error)
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


@pytest.mark.parametrize("way", SHARED + OWN)
@pytest.mark.parametrize("name", ["BINANCE_API_SECERT", "BINACE_API_SECRET", "BINANCE_MAIN_SECRET"])
def test_the_half_that_is_missing_is_explained_by_the_name_that_is_there(place, way, name) -> None:
    """Another name for it is not "store both halves"."""
    error = refusal(load_credentials, place(way, {"BINANCE_API_KEY": KEY, name: SECRET}))
    assert (MalformedSecretError, "incomplete") == (type(error), error.reason)
    assert f"found {name}; this reads " in error.message
    assert_no_leak(SECRET, error)


@pytest.mark.parametrize("way", SHARED + OWN)
def test_two_spellings_with_two_values_are_refused(place, way) -> None:
    """By their names; with one value they agree."""
    members = {"BINANCE_API_KEY": KEY, "BINANCE_APIKEY": token(), "BINANCE_SECRET": SECRET}
    error = refusal(load_credentials, place(way, members))
    assert (MalformedSecretError, "ambiguous", "api_key") == (
        type(error), error.reason, error.field,
    )  # fmt: skip
    assert "BINANCE_API_KEY" in error.message
    assert "BINANCE_APIKEY" in error.message
    assert load_credentials(place(way, members | {"BINANCE_APIKEY": KEY}), fresh=True)


@pytest.mark.parametrize("way", SHARED + OWN)
def test_a_prefix_that_is_asked_for_is_the_only_one_that_counts(place, way) -> None:
    """The pair of another environment is never loaded in its place."""
    live = {"BINANCE_API_KEY": token(), "BINANCE_API_SECRET": token()}
    if way in OWN:
        live |= {"api_key": token(), "api_secret": token(), "environment": "live"}
    testnet = {"BINANCE_TESTNET_API_KEY": KEY, "BINANCE_TESTNET_SECRET_KEY": SECRET}
    source = place(way, live | testnet, "BINANCE_TESTNET")
    creds = load_credentials(source)
    assert (creds.api_key.reveal(), creds.api_secret.reveal()) == (KEY, SECRET)
    error = refusal(load_credentials, place(way, live, "BINANCE_ALPHA"))
    assert isinstance(error, SecretNotFoundError | MalformedSecretError)
    assert "BINANCE_API_KEY" in error.message


def test_a_value_in_the_place_of_a_name_is_not_shown(place) -> None:
    """Only what can be a name is taken for one that was probably meant."""
    error = refusal(load_credentials, place("json", {KEY: "api_key", f"binance_key_{SECRET}": "x"}))
    assert error.reason == "no_fields"
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


def test_what_begins_with_the_prefix_alone_was_not_meant(place) -> None:
    """Settings of the bot stand there too."""
    error = refusal(load_credentials, place("dotenv", {"BINANCE_REGION": "x"}))
    assert error.message.endswith("BINANCE_API_SECRET and BINANCE_PRIVATE_KEY is set.")
    assert error.environment is None


def test_four_names_are_all_listed(place) -> None:
    """Each was meant, by the word that it has."""
    names = ["BINANCE_A_KEY", "BINANCE_B_SECRET", "BINANCE_C_PEM", "BINANCE_D_FILE"]
    message = refusal(load_credentials, place("dotenv", dict.fromkeys(names, KEY))).message
    assert f"; found {', '.join(names[:3])} and {names[3]}." in message


def test_many_names_are_not_all_listed(place) -> None:
    """Four are enough to see the mistake."""
    members = {f"BINANCE_{letter}_KEY": KEY for letter in "ABCDEF"}
    message = refusal(load_credentials, place("dotenv", members)).message
    assert "found BINANCE_A_KEY, BINANCE_B_KEY, BINANCE_C_KEY, BINANCE_D_KEY and 2 more" in message


@pytest.mark.parametrize("way", ["env", "dotenv", "file .env", "lines"])
def test_a_file_may_hold_any_spelling_of_a_field(place, tmp_path, way) -> None:
    """A value of its own beside it is one too many."""
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(SECRET)
    members = {"BINANCE_KEY": KEY, "BINANCE_SECRET_KEY_FILE": str(tmp_path / "secret")}
    assert load_credentials(place(way, members)).api_secret.reveal() == SECRET
    error = refusal(load_credentials, place(way, members | {"BINANCE_SECRET": SECRET}), fresh=True)
    assert "both BINANCE_SECRET and BINANCE_SECRET_KEY_FILE are set" in error.message
