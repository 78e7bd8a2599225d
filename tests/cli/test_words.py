"""What may follow on a command line."""

from __future__ import annotations

import pytest

from binance_creds.cli import main
from binance_creds.cli._commands import COMMANDS

SHELLS = ["bash", "zsh", "fish"]


@pytest.fixture
def words(tmp_path, monkeypatch, capsys):
    """Return the words that may follow those that are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BINANCE_CREDS_CONFIG", raising=False)
    config = tmp_path / "own.toml"
    config.write_text(
        '[profiles.main]\nsource = "command:x"\n[profiles.other]\nsource = "command:x"\n'
        '[policies.mine]\nbase = "spot-trading"\n'
    )
    (tmp_path / "broken.toml").write_text("[profiles")

    def words(*line: str) -> list[str]:
        assert main(["completion", "words", *(f"={word}" for word in line)]) == 0
        return capsys.readouterr().out.split()

    return words


@pytest.mark.parametrize("line", [[], [""], ["--json", ""], ["--config", "own.toml", ""]])
def test_a_command_comes_first(words, line) -> None:
    assert list(COMMANDS) == words(*line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["--config", "own.toml", "show", "m"], ["main"]),
        (["show", "--config=own.toml", "o"], ["other", "openbao://"]),
        (["show", "--config", "own.toml", "main", "o"], ["other", "openbao://"]),
        (["copy", "--config", "own.toml", "dotenv", ":", ".env", "ma"], ["main"]),
        (["exec", "--config", "own.toml", "--keep", "A", "ma"], ["main"]),
        (["exec", "--config", "own.toml", "--clean", "ma"], ["main"]),
        (["exec", "--config", "own.toml", "--require", "mi"], ["mine"]),
        (["policy", "--config", "own.toml", "mi"], ["mine"]),
        (["policy", "--config", "own.toml", "mine", "m"], ["main"]),
        (["policy", "mine", "main", ""], []),
        (["show", "dot"], ["dotenv:"]),
        (["init", "va"], ["vault://"]),
        (["init", "--environment", "t"], ["testnet"]),
        (["audit", ""], ["verify"]),
        (["audit", "verify", ""], []),
        (["completion", ""], SHELLS),
        (["completion", "bash", ""], []),
        (["show", "--reveal", "--fi"], ["--find"]),
        (["show", "--find", ""], []),
        (["--ver"], ["--version"]),
        (["show", "--ver"], []),
        (["show", "dotenv", ":", ".e"], []),
        (["exec", "main", "--", "ma"], []),
        (["show", "--config", "broken.toml", "ma"], []),
        (["absent", "ma"], []),
    ],
)
def test_what_follows(words, line, expected) -> None:
    assert words(*line) == expected


def test_two_dashes_begin_an_option(words) -> None:
    assert {"--reveal", "--find", "--config", "--json"} < set(words("show", "--"))


def test_no_word_is_no_line(words, capsys) -> None:
    assert main(["completion", "words", "=show", "=absent"]) == 0
    assert capsys.readouterr().out == ""
