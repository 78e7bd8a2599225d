"""Which environment a pair is for, when several places say so, and in whose words."""

from __future__ import annotations

import json

import pytest
from language import refusal
from support import token

from binance_creds import Environment, load_credentials
from binance_creds.errors import CredentialsWarning, MalformedSecretError, SecretNotFoundError

KEY, SECRET = token(), token()
PAIR = f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a `.env` that holds the pair and what is added to it."""
    monkeypatch.chdir(tmp_path)

    def write(more: str = "", pair: str = PAIR) -> None:
        (tmp_path / ".env").touch(0o600)
        (tmp_path / ".env").write_text(pair + more)

    write()
    return write


@pytest.mark.parametrize("text", ["testnet", " Testnet ", '"testnet"'])
@pytest.mark.parametrize("source", [None, ["env://BINANCE", "dotenv:.env"]])
def test_the_variable_alone_holds_for_the_source_that_answers(
    folder, monkeypatch, text, source
) -> None:
    """The pair is in the `.env`, and the environment of the process says which one it is for."""
    monkeypatch.setenv("BINANCE_ENVIRONMENT", text)
    creds = load_credentials(source)
    assert (Environment.TESTNET, KEY) == (creds.environment, creds.api_key.reveal())
    folder("BINANCE_ENVIRONMENT=testnet\n")
    assert load_credentials(source, fresh=True).environment is Environment.TESTNET
    with load_credentials(source, live=True) as live:
        assert live.current.environment is Environment.TESTNET


def test_the_variable_may_name_a_file(folder, monkeypatch, tmp_path) -> None:
    """As every other."""
    (tmp_path / "which").touch(0o600)
    (tmp_path / "which").write_text("demo\n")
    monkeypatch.setenv("BINANCE_ENVIRONMENT_FILE", str(tmp_path / "which"))
    assert load_credentials().environment is Environment.DEMO


def test_a_contradiction_names_both_places(folder, monkeypatch) -> None:
    """Only an argument decides between them."""
    monkeypatch.setenv("BINANCE_ENVIRONMENT", "testnet")
    folder("BINANCE_ENVIRONMENT=live\n")
    error = refusal(load_credentials)
    assert (MalformedSecretError, "environment_mismatch") == (type(error), error.reason)
    assert "env:BINANCE says testnet" in error.message
    assert ".env says live" in error.message
    assert load_credentials(environment="live").environment is Environment.LIVE


@pytest.mark.parametrize(("text", "reason"), [("prod", "unknown_environment"), ("", "empty")])
def test_a_variable_that_names_none_stops_the_load(folder, monkeypatch, text, reason) -> None:
    """Never past it to a live pair."""
    monkeypatch.setenv("BINANCE_ENVIRONMENT", text)
    error = refusal(load_credentials)
    assert (MalformedSecretError, reason, "environment") == (type(error), error.reason, error.field)


def test_without_a_pair_anywhere_the_variable_is_no_source(folder, monkeypatch) -> None:
    """The error says what is missing."""
    monkeypatch.setenv("BINANCE_ENVIRONMENT", "testnet")
    folder(pair="OTHER=1\n")
    error = refusal(load_credentials)
    assert SecretNotFoundError is type(error)
    assert "BINANCE_API_KEY" in str(error)


def test_a_pair_of_the_variables_does_not_ask_the_next_source(folder, monkeypatch) -> None:
    """It is the first source that has one."""
    monkeypatch.setenv("BINANCE_API_KEY", token())
    monkeypatch.setenv("BINANCE_API_SECRET", SECRET)
    folder("BINANCE_ENVIRONMENT=testnet\n")
    assert load_credentials().environment is Environment.LIVE


ON = ["BINANCE_TESTNET=true", "BINANCE_USE_TESTNET=1", "binance_sandbox=Yes", "BINANCE_ENV=testnet"]
OFF = ["BINANCE_TESTNET=false", "BINANCE_TESTNET=", "BINANCE_ENV=prod", "BINANCE_MODE=hedge"]


@pytest.mark.parametrize(
    ("lines", "environment"),
    [*((it, "testnet") for it in ON), ("BINANCE_TLD=us", "us"), *((it, "live") for it in OFF)],
)
def test_a_switch_of_other_programs_is_understood(folder, monkeypatch, lines, environment) -> None:
    """In the `.env`, and in the environment of the process beside it."""
    name, _, text = lines.partition("=")
    folder(f"{lines}\n")
    assert load_credentials("dotenv:.env").environment.value == environment
    folder()
    monkeypatch.setenv(name, text)
    assert load_credentials(fresh=True).environment.value == environment


@pytest.mark.parametrize(
    ("members", "environment"),
    [
        ({"testnet": True}, "testnet"),
        ({"sandbox": "true"}, "testnet"),
        ({"demo": 1}, "demo"),
        ({"binance_testnet": "yes"}, "testnet"),
        ({"testnet": True, "environment": "testnet"}, "testnet"),
        ({"testnet": False}, "live"),
        ({"testnet": {"url": "there"}}, "live"),
        ({"testnet": "https://there", "environment": "demo"}, "demo"),
        ({"mode": "hedge"}, "live"),
    ],
)
def test_a_switch_in_a_document_is_understood(tmp_path, members, environment) -> None:
    """As bare as every other name there; only a plain value counts."""
    path = tmp_path / "pair.json"
    path.touch(0o600)
    path.write_text(json.dumps({"api_key": KEY, "api_secret": SECRET, **members}))
    assert load_credentials(f"file:{path}").environment.value == environment


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("BINANCE_TESTNET=true\nBINANCE_ENVIRONMENT=live\n", "environment_mismatch"),
        ("BINANCE_TESTNET=true\nBINANCE_DEMO=true\n", "environment_mismatch"),
        ("BINANCE_TESTNET=https://there\n", "unknown_environment"),
    ],
)
def test_a_switch_that_contradicts_or_is_unclear_is_refused(folder, more, reason) -> None:
    """By its name."""
    folder(more)
    error = refusal(load_credentials, "dotenv:.env")
    assert (MalformedSecretError, reason) == (type(error), error.reason)
    assert "BINANCE_TESTNET" in error.message


@pytest.mark.parametrize("line", ["TESTNET=true", 'USE_TESTNET="1"'])
def test_a_switch_without_the_prefix_is_mentioned(folder, line) -> None:
    """It may be about another program; what names the environment ends the warning."""
    folder(f"{line}\n")
    with pytest.warns(CredentialsWarning, match="TESTNET is not read without the prefix"):
        assert load_credentials("dotenv:.env").environment is Environment.LIVE
    assert load_credentials("dotenv:.env", environment="demo").environment is Environment.DEMO


def test_a_place_that_is_called_testnet_is_no_statement(folder, monkeypatch) -> None:
    """The warning says what is one."""
    monkeypatch.setenv("BINANCE_TESTNET_API_KEY", KEY)
    monkeypatch.setenv("BINANCE_TESTNET_API_SECRET", SECRET)
    with pytest.warns(CredentialsWarning, match="env:BINANCE_TESTNET counts as live"):
        load_credentials("env://BINANCE_TESTNET")
    monkeypatch.setenv("BINANCE_TESTNET_ENVIRONMENT", "testnet")
    creds = load_credentials("env://BINANCE_TESTNET", fresh=True)
    assert creds.environment is Environment.TESTNET
