"""What a set-up writes: it loads, and nothing that was there is lost."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from binance_creds._config import plan_for
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    CredentialsError,
    ProviderUnavailableError,
)
from binance_creds.scaffold import FileChange, Setup, changes_for, store_choices, write


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A user without a configuration."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home


@pytest.fixture
def project(tmp_path, home, monkeypatch) -> Path:
    """An empty project, which is the working directory."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


def _written(setup: Setup, **settings) -> list[str]:
    changes = changes_for(setup, **settings)
    write(changes)
    return [os.path.basename(change.path) for change in changes]


@pytest.mark.parametrize("store", store_choices(), ids=lambda store: store.scheme)
def test_what_is_written_is_found_and_loads(project, store) -> None:
    argv = ("pass", "show", "binance") if store.scheme == "command" else ()
    _written(Setup(store.source, environment="testnet", policy="testnet", argv=argv))
    plan = plan_for(None, profile="main")
    assert [uri.scheme for uri in plan.sources] == [store.scheme]
    assert plan.environment.value == "testnet"
    assert plan.check is not None


@pytest.mark.parametrize(
    "source",
    ["command:pass", "vault://secret/bot?address=https://vault:8200", "aws-sm://a?role_arn=b"],
)
def test_what_a_found_file_may_not_say_goes_into_the_user_s_own(project, home, source) -> None:
    names = _written(Setup(source, argv=("pass",)))
    assert names == ["config.toml", ".gitignore"]
    assert (home / ".config/binance-creds/config.toml").is_file()
    assert plan_for(None).sources[0].scheme == source.partition(":")[0]


def test_without_a_home_it_must_be_named(project, monkeypatch) -> None:
    monkeypatch.delenv("HOME")
    with pytest.raises(ConfigurationError, match="--output PATH"):
        changes_for(Setup("command:pass", argv=("pass",)))
    assert _written(Setup("command:pass", argv=("pass",)), output="mine.toml")[0] == "mine.toml"
    assert plan_for(None, config="mine.toml").sources


def test_a_second_time_there_is_nothing_to_do(project) -> None:
    setup = Setup("dotenv:.env", environment="testnet")
    assert _written(setup) == ["binance-creds.toml", ".gitignore", ".env.example"]
    assert changes_for(setup) == ()


def test_what_is_there_stays(project) -> None:
    (project / ".gitignore").write_text("build/\n.env\n*.log")
    (project / ".env.example").write_text("TOKEN=\n")
    own = '# mine\n[profiles.old]\nsource = "env://OLD"  # stays\n'
    (project / "binance-creds.toml").write_text(own)
    _written(Setup("dotenv:.env"))
    assert (project / ".gitignore").read_text() == "build/\n.env\n*.log\n.env.*\n!.env.example\n"
    assert (project / ".env.example").read_text() == "TOKEN=\n"
    text = (project / "binance-creds.toml").read_text()
    assert own in text
    assert plan_for(None).profile == "old"  # as before
    assert plan_for(None, profile="main").sources[0].scheme == "dotenv"


def test_a_default_that_is_there_stays(project) -> None:
    path = project / "binance-creds.toml"
    path.write_text(
        'default_profile = "b"\n[profiles.a]\nsource="env://A"\n[profiles.b]\nsource="env://B"'
    )
    _written(Setup("dotenv:.env"))
    assert plan_for(None).profile == "b"
    assert set(tomllib.loads(path.read_text())["profiles"]) == {"a", "b", "main"}


@pytest.mark.parametrize(
    "own",
    [
        '[tool.binance-creds]\nprofiles.old.source = "env://OLD"\n',
        '[tool.binance-creds.profiles.old]\nsource = "env://OLD"',
        '[tool.ruff]\nline-length = 100\n[tool.binance-creds]\n[tool.binance-creds.profiles.old]\nsource = "env://OLD"\n',
    ],
)
def test_a_project_s_table_is_added_to(project, own) -> None:
    path = project / "pyproject.toml"
    path.write_text(f'[project]\nname = "bot"\n\n{own}')
    _written(Setup("dotenv:.env", profile="new.one"))
    assert not (project / "binance-creds.toml").exists()
    assert plan_for(None, profile="new.one").sources[0].scheme == "dotenv"
    assert plan_for(None).profile == "old"
    assert tomllib.loads(path.read_text())["project"] == {"name": "bot"}


def test_a_project_without_our_table_gets_a_file_of_its_own(project) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "bot"\n')
    assert _written(Setup("dotenv:.env"))[0] == "binance-creds.toml"


def test_a_profile_that_says_something_else_is_not_changed(project) -> None:
    _written(Setup("dotenv:.env"))
    with pytest.raises(ConfigurationError, match=r"profiles.main\] already"):
        changes_for(Setup("env://BINANCE"))


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        (Setup("dotenv.env"), "no scheme|scheme"),
        (Setup("dotenv:.env", profile="a b"), "name"),
        (Setup("dotenv:.env", environment="prod"), "environment"),
        (Setup("dotenv:.env", policy="absent"), "policy"),
        (Setup("command:pass"), "--program"),
        (Setup("aws-sm://a?regoin=b"), "regoin|region"),
    ],
)
def test_a_set_up_that_is_wrong_writes_nothing(project, setup, words) -> None:
    with pytest.raises(ConfigurationError, match=words):
        changes_for(setup)
    assert os.listdir(project) == []


@pytest.mark.parametrize("content", [b"[profiles", b"\xff", b"#" * (1 << 21)])
def test_a_configuration_that_cannot_be_read_is_not_added_to(project, content) -> None:
    path = project / "binance-creds.toml"
    path.write_bytes(content)
    with pytest.raises(CredentialsError):
        changes_for(Setup("dotenv:.env"))
    assert path.read_bytes() == content


def test_the_example_names_what_the_source_reads(project) -> None:
    _written(Setup("env://BINANCE_SUB"))
    assert "BINANCE_SUB_API_KEY=\n" in (project / ".env.example").read_text()


def test_a_new_file_can_be_read_by_all_and_written_by_its_owner(project) -> None:
    os.umask(0)
    try:
        _written(Setup("dotenv:.env"))
    finally:
        os.umask(0o022)
    assert stat.S_IMODE((project / "binance-creds.toml").stat().st_mode) == 0o644


def test_the_mode_and_the_link_of_a_file_stay(project, tmp_path) -> None:
    real = tmp_path / "shared"
    real.write_text("build/\n")
    real.chmod(0o600)
    (project / ".gitignore").symlink_to(real)
    _written(Setup("dotenv:.env"))
    assert (project / ".gitignore").is_symlink()
    assert ".env\n" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_file_that_changed_meanwhile_is_not_written(project) -> None:
    changes = changes_for(Setup("dotenv:.env"))
    (project / ".env.example").write_text("mine\n")
    with pytest.raises(ConflictError, match=r"\.env\.example has changed"):
        write(changes)
    assert os.listdir(project) == [".env.example"]
    binary = FileChange(str(project / "b"), None, "x")
    (project / "b").write_bytes(b"\xff")
    with pytest.raises(ConflictError):
        write([binary])


@pytest.mark.parametrize(
    ("number", "kind"), [(28, ProviderUnavailableError), (13, AccessDeniedError)]
)
def test_where_one_file_cannot_be_written_none_is(project, monkeypatch, number, kind) -> None:
    changes = changes_for(Setup("dotenv:.env"))
    done = []

    def fsync(descriptor):
        done.append(descriptor)
        if len(done) == len(changes):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(kind, match="Nothing was written"):
        write(changes)
    assert os.listdir(project) == []


def test_a_diff_shows_what_is_added(project) -> None:
    (project / ".gitignore").write_text("build/")
    diffs = {os.path.basename(each.path): each.diff for each in changes_for(Setup("dotenv:.env"))}
    assert "--- /dev/null\n" in diffs["binance-creds.toml"]
    assert '+source = "dotenv:.env"\n' in diffs["binance-creds.toml"]
    assert "+.env\n" in diffs[".gitignore"]
