"""What a set-up writes: it loads, and nothing that was there is lost."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
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
    assert plan.terms.environment.value == "testnet"
    assert plan.terms.check is not None


@pytest.mark.parametrize(
    "source",
    [
        "command:pass",
        "vault://secret/bot?address=https://vault:8200",
        "aws-sm://a?role_arn=arn:aws:iam::123456789012:role/b",
    ],
)
def test_what_a_found_file_may_not_say_goes_into_the_user_s_own(project, home, source) -> None:
    names = _written(Setup(source, argv=("pass",)))
    assert names == ["config.toml", ".gitignore"]
    assert (home / ".config/binance-creds/config.toml").is_file()
    assert plan_for(None).sources[0].scheme == source.partition(":")[0]


def test_without_a_home_it_must_be_named(project, monkeypatch) -> None:
    monkeypatch.delenv("HOME")
    with pytest.raises(ConfigurationError, match="--config PATH"):
        changes_for(Setup("command:pass", argv=("pass",)))
    assert _written(Setup("command:pass", argv=("pass",)), config="mine.toml")[0] == "mine.toml"
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
    assert (project / ".env.example").read_text().startswith("TOKEN=\n# Copy")
    text = (project / "binance-creds.toml").read_text()
    assert own in text
    assert plan_for(None).terms.profile == "old"  # as before
    assert plan_for(None, profile="main").sources[0].scheme == "dotenv"


def test_a_default_that_is_there_stays(project) -> None:
    path = project / "binance-creds.toml"
    path.write_text(
        'default_profile = "b"\n[profiles.a]\nsource="env://A"\n[profiles.b]\nsource="env://B"'
    )
    _written(Setup("dotenv:.env"))
    assert plan_for(None).terms.profile == "b"
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
    assert plan_for(None).terms.profile == "old"
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
        (Setup("dotnev:.env"), "did you mean 'dotenv'"),
        (Setup("env://BINANCE_API_KEY"), "its prefix"),
        (Setup("vault://secret"), "a mount and a path"),
        (Setup("vault://secret/a?kv=3#api_key"), "kv"),
        (Setup("azure-kv://name"), "a vault and a secret"),
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


def test_an_example_that_has_the_variables_stays(project) -> None:
    (project / ".env.example").write_text("TOKEN=\n#BINANCE_API_KEY=\n")
    assert _written(Setup("dotenv:.env")) == ["binance-creds.toml", ".gitignore"]
    assert ".env.example" in _written(Setup("dotenv:.env?prefix=OTHER", profile="other"))


@pytest.mark.parametrize(
    ("source", "ignored"),
    [
        ("dotenv:bot.env", "bot.env"),
        ("dotenv:secrets/my bot.env", "secrets/my bot.env"),
        ("dotenv:a[1]*.env", "a[1]*.env"),
        ("file:secrets", "secrets/api_key"),
        ("dotenv:.env.local", ".env.local"),
        ("dotenv:.env.example", ".env.example"),
        ("dotenv:deep/.env", "deep/.env"),
    ],
)
def test_git_ignores_the_file_of_the_source(project, source, ignored) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    _written(Setup(source))
    subprocess.run(["git", "init", "--quiet", project], check=True)
    path = project / ignored
    path.parent.mkdir(exist_ok=True)
    path.touch()
    seen = subprocess.run(["git", "-C", project, "check-ignore", "--quiet", path], check=False)
    assert seen.returncode == 0


@pytest.mark.parametrize("source", ["file:/run/secrets/binance", "file:."])
def test_what_lies_elsewhere_is_not_ignored(project, source) -> None:
    _written(Setup(source))
    assert (project / ".gitignore").read_text() == ".env\n.env.*\n!.env.example\n"


@pytest.mark.parametrize("own", ["binance-creds.toml", "pyproject.toml"])
def test_a_file_that_would_be_read_instead_is_named(project, own) -> None:
    (project / own).write_text('[tool.binance-creds.profiles.a]\nsource = "env://A"\n')
    with pytest.raises(ConfigurationError, match=rf"{own}.*--config PATH"):
        changes_for(Setup("command:pass", argv=("pass",)))


def test_the_configuration_that_a_variable_names_is_added_to(project, home, monkeypatch) -> None:
    monkeypatch.setenv("BINANCE_CREDS_CONFIG", "~/named.toml")
    assert _written(Setup("command:pass", argv=("pass",)))[0] == "named.toml"
    assert plan_for(None, profile="main").sources[0].scheme == "command"


def test_a_configuration_that_becomes_hidden_is_named(project, home) -> None:
    _written(Setup("command:pass", argv=("pass",)))
    of_user = str(home / ".config/binance-creds/config.toml")
    changes = changes_for(Setup("dotenv:.env"))
    assert [each.hides for each in changes] == [of_user, None]
    assert changes_for(Setup("dotenv:.env"), config="x.toml")[0].hides is None


def test_a_policy_of_the_configuration_can_be_chosen(project) -> None:
    (project / "binance-creds.toml").write_text('[policies.mine]\nbase = "spot-trading"\n')
    _written(Setup("dotenv:.env", policy="mine"))
    assert plan_for(None).terms.check is not None


def test_tables_in_one_line_cannot_be_added_to(project) -> None:
    path = project / "binance-creds.toml"
    path.write_text('profiles = {old = {source = "env://OLD"}}\n')
    with pytest.raises(ConfigurationError, match="in one line"):
        changes_for(Setup("dotenv:.env"))


def test_a_new_file_can_be_read_by_all_and_written_by_its_owner(project) -> None:
    os.umask(0)
    try:
        _written(Setup("dotenv:.env"))
    finally:
        os.umask(0o022)
    assert stat.S_IMODE((project / "binance-creds.toml").stat().st_mode) == 0o644


def test_the_mode_and_the_link_of_a_named_file_stay(project, tmp_path) -> None:
    real = tmp_path / "shared.toml"
    real.touch(0o600)
    (project / "named.toml").symlink_to(real)
    _written(Setup("dotenv:.env"), config="named.toml")
    assert (project / "named.toml").is_symlink()
    assert "dotenv:.env" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", [".gitignore", ".env.example", "binance-creds.toml"])
@pytest.mark.parametrize("target", ["../home/logins", ".env", "../home/absent"])
def test_a_link_that_nobody_named_is_not_followed(project, home, name, target) -> None:
    """It may have come with a repository, and a diff shows the end of what it leads to."""
    secret = "aws_session_token = secret\n"
    (home / "logins").write_text(secret)
    (project / ".env").write_text(secret)
    (project / name).symlink_to(target)
    with pytest.raises(ConfigurationError, match="is a symbolic link to") as caught:
        changes_for(Setup("dotenv:.env"))
    assert "secret\n" not in str(caught.value)
    assert (home / "logins").read_text() == (project / ".env").read_text() == secret
    assert not (home / "absent").exists()


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


def test_what_was_written_before_a_failure_is_named(project, monkeypatch) -> None:
    changes = changes_for(Setup("dotenv:.env"))
    replaced = os.replace

    def once(old, new):
        if new.endswith(".gitignore"):
            raise PermissionError(13, "Permission denied", new)
        replaced(old, new)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(AccessDeniedError, match=r"Written before that: .*binance-creds\.toml\."):
        write(changes)
    assert os.listdir(project) == ["binance-creds.toml"]


def test_a_link_where_the_new_file_comes_is_not_followed(project, home) -> None:
    (home / "other").write_text("untouched")
    (project / ".gitignore.binance-creds-new").symlink_to(home / "other")
    _written(Setup("dotenv:.env"))
    assert (home / "other").read_text() == "untouched"
    assert sorted(os.listdir(project)) == [".env.example", ".gitignore", "binance-creds.toml"]


def test_a_diff_shows_what_is_added(project) -> None:
    (project / ".gitignore").write_text("build/")
    diffs = {os.path.basename(each.path): each.diff for each in changes_for(Setup("dotenv:.env"))}
    assert "--- /dev/null\n" in diffs["binance-creds.toml"]
    assert '+source = "dotenv:.env"\n' in diffs["binance-creds.toml"]
    assert "+.env\n" in diffs[".gitignore"]
