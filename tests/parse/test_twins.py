"""Two pairs side by side, and what says which one is meant: never a guess."""

from __future__ import annotations

import json

import pytest
from language import refusal
from support import token

from binance_creds import Environment, load_credentials
from binance_creds.errors import CredentialsWarning, MalformedSecretError

KEY, SECRET, OTHER_KEY, OTHER_SECRET = (token() for _ in range(4))
PAIR = {"BINANCE_API_KEY": KEY, "BINANCE_API_SECRET": SECRET}
BARE = {"api_key": KEY, "api_secret": SECRET}
TWINS = [
    ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET"),
    ("BINANCE_API_KEY_TESTNET", "BINANCE_SECRET_KEY_TESTNET"),
    ("TESTNET_BINANCE_API_KEY", "TESTNET_BINANCE_PRIVATE_KEY"),
]
SAID = [{"BINANCE_TESTNET": "true"}, {"BINANCE_ENVIRONMENT": "testnet"}, {"BINANCE_ENV": "test"}]


@pytest.fixture(params=["variables", ".env", "JSON", "folder"])
def loaded(request, tmp_path, monkeypatch):
    """Return a function that keeps names and values in a kind of source, and loads it."""

    def load(values: dict[str, str]):
        path = tmp_path / request.param
        if request.param == "variables":
            for name, value in values.items():
                monkeypatch.setenv(name, value)
            return load_credentials("env://BINANCE", fresh=True)
        files = {path: json.dumps(values)}
        if request.param == ".env":
            files = {path: "".join(f"{name}='{value}'\n" for name, value in values.items())}
        if request.param == "folder":
            path.mkdir(0o700)
            files = {path / name: value for name, value in values.items()}
        for file, text in files.items():
            file.touch(0o600)
            file.write_text(text)
        return load_credentials(f"file:{path}", fresh=True)

    return load


@pytest.mark.parametrize("names", TWINS)
@pytest.mark.parametrize("said", SAID, ids=lambda said: next(iter(said)))
def test_a_switch_does_not_turn_the_live_pair_into_another(loaded, said, names) -> None:
    """Where a bot would take the pair of the testnet for it."""
    twin = dict(zip(names, (OTHER_KEY, OTHER_SECRET), strict=True))
    error = refusal(loaded, {**PAIR, **said, **twin})
    assert (MalformedSecretError, "ambiguous") == (type(error), error.reason)
    assert f"says testnet, and {names[0]} and {names[1]} are another pair" in error.message


@pytest.mark.parametrize("said", SAID, ids=lambda said: next(iter(said)))
def test_without_another_whole_pair_the_switch_is_about_this_one(loaded, said) -> None:
    """As is one in another folder or document."""
    creds = loaded({**PAIR, **said, "BINANCE_TESTNET_API_KEY": OTHER_KEY})
    assert (KEY, Environment.TESTNET) == (creds.api_key.reveal(), creds.environment)


def test_a_pair_that_is_asked_for_is_no_twin(monkeypatch) -> None:
    """Its prefix names the testnet."""
    for name, value in {**PAIR, "BINANCE_TESTNET_ENVIRONMENT": "testnet"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BINANCE_TESTNET_API_KEY", OTHER_KEY)
    monkeypatch.setenv("BINANCE_TESTNET_API_SECRET", OTHER_SECRET)
    assert load_credentials("env://BINANCE_TESTNET").api_key.reveal() == OTHER_KEY


TWO = {**PAIR, "BINANCE_TESTNET_API_KEY": OTHER_KEY, "BINANCE_TESTNET_API_SECRET": OTHER_SECRET}


def test_who_else_says_the_environment_does_not_turn_it_either(loaded, monkeypatch) -> None:
    """An argument, a profile, and a source before this one."""
    creds = loaded(TWO)
    assert (KEY, Environment.LIVE) == (creds.api_key.reveal(), creds.environment)
    source = creds.origin
    error = refusal(load_credentials, source, environment="testnet")
    assert "the argument `environment` says testnet" in error.message
    profile = {"profiles": {"main": {"source": source, "environment": "testnet"}}}
    assert "profile 'main' says testnet" in refusal(load_credentials, config=profile).message
    monkeypatch.setenv("OTHER_TESTNET", "true")
    error = refusal(load_credentials, ["env://OTHER", source])
    assert ("ambiguous", True) == (error.reason, "env:OTHER says testnet" in error.message)


MORE = {
    "BINANCE_TESTNET_MODE": ("on", "testnet"),
    "BINANCE_ENABLE_TESTNET": ("1", "testnet"),
    "BINANCE_TESTNET_ENABLED": ("yes", "testnet"),
    "BINANCE_BASE_URL": ("https://testnet.binance.vision/api", "testnet"),
    "BINANCE_API_URL": ("wss://stream.binancefuture.com", "testnet"),
    "BINANCE_HOST": ("demo-api.binance.com", "demo"),
    "BINANCE_REST_URL": ("https://api.binance.us", "us"),
    "BINANCE_US": ("true", "us"),
    "BINANCE_ENDPOINT": ("https://api.binance.com", "live"),
    "BINANCE_URL": ("https://example.com/testnet", "live"),
}


@pytest.mark.parametrize("name", MORE)
def test_more_ways_to_say_the_environment_are_understood(loaded, name) -> None:
    """That of live keys says nothing beyond the default."""
    value, environment = MORE[name]
    assert loaded({**PAIR, name: value}).environment.value == environment


@pytest.mark.parametrize(
    "said",
    [("BINANCE_LIVE", "false"), ("BINANCE_MAINNET", "0"), ("BINANCE_TEST", "1"), ("BINANCE_FUTURES_TESTNET", "yes")],
)  # fmt: skip
def test_what_does_not_say_enough_is_mentioned(loaded, said) -> None:
    """It may be about something else, and the pair counts as live."""
    with pytest.warns(CredentialsWarning, match=f"counts as live: {said[0]} is not read; set"):
        assert loaded({**PAIR, said[0]: said[1]}).environment is Environment.LIVE


@pytest.mark.parametrize(
    ("text", "reason"), [("true # main", "comment"), ("${TESTNET}", "unexpanded_variable")]
)
def test_why_a_switch_cannot_be_read_is_told(loaded, text, reason) -> None:
    """Docker keeps comments, and nothing replaces variables."""
    error = refusal(loaded, {**PAIR, "BINANCE_TESTNET": text})
    assert (reason, "environment") == (error.reason, error.field)


def test_a_folder_may_have_switches_without_the_prefix(tmp_path) -> None:
    """And folders of their name, which say nothing."""
    for name, value in {**BARE, "testnet": "true\n"}.items():
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(value)
    (tmp_path / "demo").mkdir()
    assert load_credentials(f"file:{tmp_path}").environment is Environment.TESTNET
