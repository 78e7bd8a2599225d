"""What a path means, and where a file was looked for."""

from __future__ import annotations

import os

import pytest
from files_support import key_of, make_pair
from support import caught, token

from binance_creds import load_credentials
from binance_creds.errors import ConfigurationError, MalformedSecretError, SecretNotFoundError
from binance_creds.testing import assert_no_leak


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a home folder that is not the working directory."""
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "work").mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _old_pair(monkeypatch) -> None:
    """Put a pair into the environment that must not be fallen back to."""
    for name in ("API_KEY", "API_SECRET"):
        monkeypatch.setenv(f"OLD_{name}", token())


@pytest.mark.parametrize("source", ["dotenv:~/.env", "file:~/.env", "dotenv:%7E/.env"])
def test_a_tilde_is_the_home_folder_of_now(home, tmp_path, monkeypatch, source) -> None:
    """Also where another source could answer, and after HOME has changed."""
    first = make_pair(home / ".env")
    assert key_of([source, "env://OLD"]) == first
    loaded = load_credentials(source)
    assert loaded.origin == f"{source.partition(':')[0]}:{home}/.env"
    (tmp_path / "other").mkdir(mode=0o700)
    second = make_pair(tmp_path / "other" / ".env")
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    assert key_of(source) == second


def test_a_live_handle_follows_the_file_in_the_home_folder(home) -> None:
    """And says where it is."""
    key = make_pair(home / ".env")
    with load_credentials("dotenv:~/.env", live=True) as live:
        assert live.current.api_key.reveal() == key
        assert live.current.origin == f"dotenv:{home}/.env"


@pytest.mark.parametrize("scheme", ["dotenv", "file"])
@pytest.mark.parametrize("path", ["~nobody-here/.env", "~nobody-here"])
def test_a_home_folder_of_nobody_is_an_error(home, scheme, path) -> None:
    """Never absence."""
    error = caught(load_credentials, [f"{scheme}:{path}", "env://OLD"])
    assert isinstance(error, ConfigurationError)
    assert "no such user" in str(error)


FORMS = ["$HOME/.env", "${HOME}/.env", "conf/$STAGE/.env", "$CREDENTIALS_DIRECTORYX/.env"]


@pytest.mark.parametrize("form", [*FORMS, "%25USERPROFILE%25/.env"])
@pytest.mark.parametrize("scheme", ["dotenv", "file"])
def test_a_form_that_nobody_expands_is_no_absence(home, form, scheme) -> None:
    """The error names it, and where the file would be."""
    (home.parent / "work" / "conf").mkdir(mode=0o700)
    error = caught(load_credentials, [f"{scheme}:{form}", "env://OLD"])
    assert isinstance(error, ConfigurationError)
    assert "nothing replaces" in str(error)
    assert "begin it with ~/" in error.hint
    assert f"{home.parent}/work/" in str(error)


def test_a_file_that_is_really_called_so_is_read(home) -> None:
    """A dollar sign is a character like others."""
    (home / "$stage").mkdir(mode=0o700)
    key = make_pair(home / "$stage" / ".env")
    assert key_of(f"dotenv:{home}/$stage/.env") == key


def test_systemds_folder_is_replaced_for_file_alone(home, monkeypatch) -> None:
    """A `.env` in it is named by `file:` as well."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home))
    key = make_pair(home / ".env")
    assert key_of("file:$CREDENTIALS_DIRECTORY/.env") == key
    error = caught(load_credentials, ["dotenv:$CREDENTIALS_DIRECTORY/.env", "env://OLD"])
    assert isinstance(error, ConfigurationError)


@pytest.mark.parametrize("path", [".env", "sub/.env", "~/.env"])
@pytest.mark.parametrize("scheme", ["dotenv", "file"])
def test_an_absent_file_says_where_it_was_looked_for(home, scheme, path) -> None:
    """The part of the path that is missing, and the source in full."""
    error = caught(load_credentials, f"{scheme}:{path}")
    assert isinstance(error, SecretNotFoundError)
    full = os.path.join(os.getcwd(), os.path.expanduser(path))
    assert error.source == f"{scheme}:{full}"
    assert f"folder: {full.removesuffix('/.env') if 'sub' in path else full}." in str(error)


def test_the_sources_that_were_tried_are_told_in_full(home, monkeypatch) -> None:
    """In `explain()` and in the error of a chain."""
    chain = ["dotenv:.env", "env://OLD"]
    assert load_credentials(chain).explain().attempts[0].source == f"dotenv:{os.getcwd()}/.env"
    monkeypatch.delenv("OLD_API_KEY")
    monkeypatch.delenv("OLD_API_SECRET")
    error = caught(load_credentials, chain, fresh=True)
    assert error.attempts[0].source == f"dotenv:{os.getcwd()}/.env"


def by_environment(monkeypatch, value: str) -> str:
    monkeypatch.setenv("NEW_API_KEY_FILE", value)
    monkeypatch.setenv("NEW_API_SECRET", token())
    return "env://NEW"


def by_dotenv(monkeypatch, value: str) -> str:
    with open(".env", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(f"NEW_API_KEY_FILE={value}\nNEW_API_SECRET={token()}\n")
    return "dotenv:.env?prefix=NEW"


@pytest.fixture(params=[by_environment, by_dotenv])
def named(request, home, monkeypatch):
    """Return a source whose API key is in the file that a variable names."""
    return lambda value: request.param(monkeypatch, value)


def test_a_tilde_in_a_file_variable_is_the_home_folder(named, home) -> None:
    (home / "key").touch(0o600)
    (home / "key").write_text(text := token())
    assert key_of(named("~/key")) == text


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        ("~/absent", MalformedSecretError, "{home}/absent"),
        ("/absent/key", MalformedSecretError, "folder: /absent/key."),
        ("keys/absent", MalformedSecretError, "a path that begins in {work}"),
        ("./absent", MalformedSecretError, "{work}/./absent"),
        ("~nobody-here/key", ConfigurationError, "no such user"),
        ("$HOME/key", ConfigurationError, "nothing replaces $HOME"),
        ("/${HOME}/key", ConfigurationError, "nothing replaces ${{HOME}}"),
        ("%USERPROFILE%/key", ConfigurationError, "nothing replaces %USERPROFILE%"),
    ],
)
def test_a_file_variable_says_where_it_was_looked_for(named, home, value, kind, told) -> None:
    """And is no absence."""
    error = caught(load_credentials, [named(value), "env://OLD"])
    assert isinstance(error, kind)
    assert told.format(home=home, work=os.getcwd()) in str(error)


@pytest.mark.parametrize("before", ["", "/", "~/", "./", "$X"])
def test_a_key_in_a_file_variable_is_not_shown(named, before) -> None:
    """It was pasted into the wrong one, whole or longer than any name."""
    for canary in (token(), token() * 5):
        error = caught(load_credentials, named(before + canary))
        assert isinstance(error, (ConfigurationError, MalformedSecretError))
        assert_no_leak(canary, error)


def test_a_path_that_no_system_takes_is_an_error(home, monkeypatch) -> None:
    """With a NUL, as of a binary file."""
    error = caught(load_credentials, by_dotenv(monkeypatch, "/a\0b"))
    assert (MalformedSecretError, "nul") == (type(error), error.reason)
