"""The prefix rule over environment variables."""

from __future__ import annotations

import os

import pytest
from language import refusal
from support import caught, token
from waiting import PATIENCE

from binance_creds import SourceURI, load_credentials
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, RawSecret, Unchanged
from binance_creds.providers.local.environment import EnvironmentProvider
from binance_creds.testing import ProviderContract, assert_no_leak

KEY, SECRET = token(), token()


class TestEnvironment(ProviderContract):
    """Obeys every law."""

    @pytest.fixture(autouse=True)
    def _environ(self) -> None:
        self.environ: dict[str, str] = {}

    def open(self, uri):
        return EnvironmentProvider(uri, environ=self.environ)

    def write(self, fields):
        self.environ.update({f"BINANCE_{name.upper()}": text for name, text in fields.items()})
        return "env://BINANCE"

    def missing(self):
        return "env://NOTHING_HERE"

    def malformed(self):
        self.environ["EMPTY_API_KEY"] = ""
        return "env://EMPTY"


def fetch(location: str, **environ: str) -> RawSecret:
    raw = EnvironmentProvider(SourceURI("env", location), environ=environ).fetch(Deadline(PATIENCE))
    assert isinstance(raw, RawSecret)
    return raw


def values(raw: RawSecret) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in raw.fields.items()}


def test_all_names_of_a_prefix_are_read() -> None:
    """The long ones; an empty location means BINANCE."""
    raw = fetch(
        "", BINANCE_API_KEY=KEY, BINANCE_PRIVATE_KEY="pem", BINANCE_PRIVATE_KEY_PASSPHRASE="p",
        BINANCE_ENVIRONMENT="testnet", BINANCE_CREATED="2026-01-01", BINANCE_ROTATION_DAYS="90", OTHER="x",
    )  # fmt: skip
    assert values(raw) == {
        "api_key": KEY, "private_key": "pem", "passphrase": "p", "environment": "testnet",
        "created": "2026-01-01", "rotation_days": "90",
    }  # fmt: skip


def test_sub_accounts_have_short_names() -> None:
    """A prefix of their own with KEY and SECRET."""
    raw = fetch("BINANCE_SUB_ALPHA", BINANCE_SUB_ALPHA_KEY=KEY, BINANCE_SUB_ALPHA_SECRET=SECRET)
    assert values(raw) == {"api_key": KEY, "api_secret": SECRET}


def test_a_file_variable_names_a_file(tmp_path) -> None:
    """As Docker's images do."""
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    raw = fetch("BINANCE", BINANCE_API_KEY=KEY, BINANCE_API_SECRET_FILE=f"{path}\n")
    assert values(raw)["api_secret"].strip() == SECRET


@pytest.mark.parametrize(
    ("environ", "reason", "words"),
    [
        ({"B_API_KEY": ""}, "empty", "B_API_KEY is set but empty"),
        ({"B_API_KEY": " "}, "empty", "B_API_KEY is set but empty"),
        ({"B_API_KEY_FILE": ""}, "empty", "B_API_KEY_FILE is set but empty"),
        (
            {"B_API_KEY": KEY, "B_API_KEY_FILE": "x"},
            "ambiguous",
            "both B_API_KEY and B_API_KEY_FILE",
        ),
        ({"B_API_KEY": KEY, "B_KEY": SECRET}, "ambiguous", "B_API_KEY and B_KEY both give api_key"),
        (
            {"B_API_KEY_FILE": "/no/such/file"},
            "missing_file",
            "the file that B_API_KEY_FILE names does not exist: ",
        ),
    ],
    ids=["empty", "blank", "empty file", "both", "two spellings", "missing file"],
)
def test_contradictions_are_refused_by_the_names_of_the_variables(environ, reason, words) -> None:
    """Never by their values."""
    error = refusal(fetch, "B", **environ)
    assert isinstance(error, MalformedSecretError)
    assert (error.reason, error.source, error.field) == (reason, "env:B", "api_key")
    assert words in str(error)
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


def test_two_spellings_of_one_value_are_fine() -> None:
    """They agree."""
    assert values(fetch("B", B_API_KEY=KEY, B_KEY=KEY)) == {"api_key": KEY}


def test_a_file_that_cannot_be_read_keeps_its_own_error(tmp_path) -> None:
    """A directory is no file."""
    error = caught(fetch, "B", B_API_KEY_FILE=str(tmp_path))
    assert isinstance(error, CredentialsError)
    assert error.source == "env:B"
    assert not isinstance(error, SecretNotFoundError)


@pytest.mark.parametrize("location", ["BINANCE-MAIN", "1ST", "a b", "ü"])
def test_a_location_that_is_no_prefix_is_refused(location) -> None:
    """Before anything is read."""
    error = caught(EnvironmentProvider, SourceURI("env", location))
    assert isinstance(error, ConfigurationError)
    assert error.message == "the prefix is the beginning of variables' names, such as BINANCE."
    assert error.provider == "env"


def test_a_version_is_not_a_hash_of_the_secret() -> None:
    """Equal for equal content in this process, and of no use outside it."""
    first, second = fetch("B", B_KEY=KEY, B_SECRET=SECRET), fetch("B", B_KEY=KEY, B_SECRET=token())
    assert first.version != second.version
    assert_no_leak(SECRET, str(first.version))
    provider = EnvironmentProvider(
        SourceURI("env", "B"), environ={"B_KEY": KEY, "B_SECRET": SECRET}
    )
    assert provider.fetch(Deadline(PATIENCE), known_version=first.version) == Unchanged(
        first.version
    )


def test_the_environment_is_read_and_left_alone(monkeypatch) -> None:
    """By default that of the process."""
    monkeypatch.setenv("BCT_API_KEY", KEY)
    monkeypatch.setenv("BCT_API_SECRET", SECRET)
    before = dict(os.environ)
    assert load_credentials("env://BCT").api_key.reveal() == KEY
    assert before == dict(os.environ)
