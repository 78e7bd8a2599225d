"""Which file is the configuration."""

from __future__ import annotations

import re

import pytest
from support import caught, token

from binance_creds._config._discovery import searched, user_folder
from binance_creds._files._toml import LARGEST_BYTES
from binance_creds.testing import assert_no_leak


def sources(plan) -> list[str]:
    """Return them without the folders of their paths."""
    return [re.sub(":/[^ ]*/", ":", candidate.redacted) for candidate in plan.candidates]


def test_the_first_file_wins_and_nothing_is_merged(plan, tmp_path) -> None:
    """A named one, then two in the working directory, then the user's own."""
    text = '[profiles.p]\nsource = "env://{}"\n'
    user = tmp_path / "home" / "binance-creds" / "config.toml"
    user.parent.mkdir(parents=True)
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    user.write_text(text.format("USER"))
    assert sources(plan(environ=environ)) == ["env:USER"]
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert sources(plan(environ=environ)) == ["env:USER"]
    (tmp_path / "pyproject.toml").write_text(
        "[tool.binance-creds.profiles.p]\nsource = 'env://PYPROJECT'\n"
    )
    assert sources(plan(environ=environ)) == ["env:PYPROJECT"]
    (tmp_path / "binance-creds.toml").write_text(text.format("LOCAL"))
    assert sources(plan(environ=environ)) == ["env:LOCAL"]
    (tmp_path / "named.toml").write_text("\ufeff" + text.format("NAMED"))
    environ["BINANCE_CREDS_CONFIG"] = str(tmp_path / "named.toml")
    assert sources(plan(environ=environ)) == ["env:NAMED"]
    (tmp_path / "argument.toml").write_text(text.format("ARGUMENT"))
    assert sources(plan(environ=environ, config=tmp_path / "argument.toml")) == ["env:ARGUMENT"]


def test_a_parents_file_is_not_searched(plan, tmp_path) -> None:
    """Another project must not decide."""
    (tmp_path / "binance-creds.toml").write_text('[profiles.p]\nsource = "env://PARENT"\n')
    (tmp_path / "child").mkdir()
    assert sources(plan(directory=str(tmp_path / "child"))) == ["env:BINANCE", "dotenv:.env"]


def test_the_users_folder_is_that_of_the_system() -> None:
    """Linux, macOS, Windows."""
    environ = {"HOME": "/h", "APPDATA": "/a"}
    assert user_folder(environ, "linux") == "/h/.config"
    assert user_folder({**environ, "XDG_CONFIG_HOME": "/x"}, "linux") == "/x"
    assert user_folder(environ, "darwin") == "/h/Library/Application Support"
    assert user_folder(environ, "win32") == "/a"


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"XDG_CONFIG_HOME": "home"}, {"HOME": "."}])
def test_no_relative_path_stands_in_for_the_users_folder(
    plan, tmp_path, monkeypatch, environ
) -> None:
    """A service often has no HOME, and its working directory may belong to somebody else."""
    monkeypatch.chdir(tmp_path)
    for folder in (".config", "home"):
        (tmp_path / folder / "binance-creds").mkdir(parents=True)
        path = tmp_path / folder / "binance-creds" / "config.toml"
        path.write_text('[profiles.p]\nsource = "env://STRAY"\n')
    assert sources(plan(environ=environ)) == ["env:BINANCE", "dotenv:.env"]
    assert user_folder(environ, "darwin") is None
    assert user_folder(environ, "win32") is None


def test_the_file_that_is_wrong_is_named(plan, tmp_path) -> None:
    """Several could have been found."""
    path = tmp_path / "binance-creds.toml"
    for text in ("[profiles.a]\nsorce = 1\n", "[profiles.a]\nsource = 'B'\n", "x = ["):
        path.write_text(text)
        assert caught(plan).source == f"config:{path}"


def test_relative_paths_of_a_file_are_not_rewritten(plan, tmp_path) -> None:
    """They start at the working directory, as those of an argument or a variable do."""
    (tmp_path / "conf").mkdir()
    path = tmp_path / "conf" / "c.toml"
    path.write_text('[profiles.p]\nsource = ["dotenv:.env", "file:secrets"]\n')
    assert sources(plan(config=path)) == ["dotenv:.env", "file:secrets"]


def test_a_file_that_cannot_be_used_is_named(plan, tmp_path) -> None:
    """Absent, a directory, not TOML, not UTF-8, too large; never its text."""
    canary = token()
    path = tmp_path / "c.toml"
    assert "does not exist" in str(caught(plan, config=str(path)))
    for unreadable in (tmp_path, "nul\0.toml"):
        assert "cannot be read" in str(caught(plan, config=unreadable))
    contents = {
        b"line 2, column 8": f"x = 1\nsecret {canary}".encode(),
        b"end of document": f"x = '{canary}".encode() + b"'\n[",
        b"not UTF-8": canary.encode() + b"\xff",
        b"is not TOML": b"x = " + b"9" * 5000,
        b"not TOML.": b"x = " + b"[" * 20_000,
        b"larger than 1 MiB": b"#" * (LARGEST_BYTES + 1),
    }
    for words, data in contents.items():
        path.write_bytes(data)
        error = caught(plan, config=str(path))
        assert words.decode() in str(error)
        assert_no_leak(canary, error)


def test_pyproject_without_a_table_of_ours_is_no_configuration(plan, tmp_path) -> None:
    """Whatever else it holds, unless it was named."""
    path = tmp_path / "pyproject.toml"
    for text in ("x = 1\n", "[tool.other]\n", "tool = 5\n"):
        path.write_text(text)
        assert sources(plan()) == ["env:BINANCE", "dotenv:.env"]
        assert "has no table [tool.binance-creds]" in str(caught(plan, config=path))


def test_what_stands_where_our_table_belongs_is_not_passed_over(plan, tmp_path) -> None:
    """Another file further down the search might name another account."""
    (tmp_path / "pyproject.toml").write_text("[tool]\nbinance-creds = 5\n")
    assert "tool.binance-creds that is no table" in str(caught(plan))


def test_a_named_file_may_be_in_the_home_folder(plan, tmp_path, monkeypatch) -> None:
    """The shell expands no `~` in a quoted argument, and no Docker in a variable."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.toml").write_text("[profiles.p]\nsource = 'env://HOME'\n")
    assert sources(plan(config="~/x.toml")) == ["env:HOME"]
    assert sources(plan(environ={"BINANCE_CREDS_CONFIG": "~/x.toml"})) == ["env:HOME"]
    absent = caught(plan, config="~/y.toml")
    assert absent.source == f"config:{tmp_path}/y.toml"


@pytest.mark.parametrize("path", ["~no-such-user/x.toml", "~no-such-user"])
def test_a_home_folder_that_nobody_knows_is_an_error(plan, path) -> None:
    """And no absence."""
    for options in ({"config": path}, {"environ": {"BINANCE_CREDS_CONFIG": path}}):
        assert "'~' cannot be expanded" in str(caught(plan, **options))


@pytest.mark.parametrize(
    ("text", "words"), [("x = [", "is not TOML"), ("[profiles.p]\nsorce = 1\n", "did you mean")]
)
def test_a_users_file_that_is_wrong_is_an_error(plan, tmp_path, text, words) -> None:
    path = tmp_path / "binance-creds" / "config.toml"
    path.parent.mkdir()
    path.write_text(text)
    error = caught(plan, environ={"XDG_CONFIG_HOME": str(tmp_path)})
    assert error.source == f"config:{path}"
    assert words in str(error)


def test_without_a_users_folder_two_files_are_searched() -> None:
    """What was found is remembered by the paths that are given."""
    paths = ["/d/binance-creds.toml", "/d/pyproject.toml"]
    assert list(searched(None, {}, "/d")) == paths
    assert list(searched(None, {"XDG_CONFIG_HOME": "/x"}, "/d")) == [
        *paths,
        "/x/binance-creds/config.toml",
    ]
