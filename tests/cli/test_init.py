"""`binance-creds init`."""

from __future__ import annotations

import json
import os
import sys

import pytest

from binance_creds.cli import ExitCode, main

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """An empty project of a user without a configuration."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return project


@pytest.fixture
def terminal(project):
    """`init` on a terminal."""
    child = pexpect.spawn(
        sys.executable, ["-m", "binance_creds", "init"], encoding="utf-8", timeout=30
    )
    yield child
    child.close(force=True)


def test_without_a_terminal_options_answer(project, capsys) -> None:
    assert main(["init", "dotenv:.env", "--environment", "testnet", "--yes"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert '+environment = "testnet"' in shown.out
    assert "next: binance-creds put main, then binance-creds check main" in shown.err
    assert sorted(os.listdir(project)) == [".env.example", ".gitignore", "binance-creds.toml"]


@pytest.mark.parametrize(
    ("arguments", "words"), [(["init"], "SOURCE"), (["init", "env://BINANCE"], "--yes")]
)
def test_without_a_terminal_nothing_waits(project, capsys, arguments, words) -> None:
    assert main([*arguments, "--no-input"]) == ExitCode.USAGE
    assert words in capsys.readouterr().err
    assert os.listdir(project) == []


def test_a_dry_run_writes_nothing(project, capsys) -> None:
    assert main(["init", "env://BINANCE", "--dry-run", "--json"]) == ExitCode.DONE
    files = json.loads(capsys.readouterr().out)["files"]
    assert {each["is_written"] for each in files} == {False}
    assert main(["init", "env://BINANCE", "--dry-run"]) == ExitCode.DONE
    assert "nothing was written" in capsys.readouterr().err
    assert os.listdir(project) == []


def test_what_is_there_already_is_said(capsys) -> None:
    main(["init", "env://BINANCE", "--yes"])
    capsys.readouterr()
    assert main(["init", "env://BINANCE", "--yes"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "all of it is there already; next: binance-creds check main" in shown.err


def test_a_file_of_its_own_is_named_in_what_comes_next(capsys) -> None:
    main(["init", "env://BINANCE", "--output", "mine.toml", "--yes"])
    assert "check --config mine.toml main" in capsys.readouterr().err


def test_a_program_is_read_as_a_shell_would(capsys, tmp_path) -> None:
    arguments = ["init", "command:pass", "--yes", "--program"]
    assert main([*arguments, "pass show 'my key"]) == ExitCode.USAGE
    assert main([*arguments, "pass show 'my key'"]) == ExitCode.DONE
    path = tmp_path / ".config/binance-creds/config.toml"
    assert 'argv = ["pass", "show", "my key"]' in path.read_text()


def test_on_a_terminal_it_asks_three_things(project, terminal) -> None:
    terminal.expect("Number")
    terminal.sendline("1")
    terminal.expect("Source")
    terminal.sendline("dotenv:bot.env")
    terminal.expect("Write this")
    terminal.sendline("yes")
    terminal.expect("written; next")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == ExitCode.DONE
    assert 'source = "dotenv:bot.env"' in (project / "binance-creds.toml").read_text()


def test_a_program_is_asked_for(tmp_path, terminal) -> None:
    terminal.expect("Number")
    terminal.sendline("9")
    terminal.expect("Source")
    terminal.sendline("")
    terminal.expect("Program")
    terminal.sendline("")
    terminal.expect("Write this")
    terminal.sendline("yes")
    terminal.expect(pexpect.EOF)
    assert "argv" in (tmp_path / ".config/binance-creds/config.toml").read_text()


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (["\x03"], ExitCode.INTERRUPTED),
        (["\x04"], ExitCode.USAGE),
        (["12\n"], ExitCode.USAGE),
        (["1\n", "\x03"], ExitCode.INTERRUPTED),
        (["1\n", "\n", "\x03"], ExitCode.INTERRUPTED),
        (["1\n", "\n", "\n"], ExitCode.USAGE),
    ],
)
def test_another_answer_writes_nothing(project, terminal, answers, code) -> None:
    for prompt, answer in zip(["Number", "Source", "Write this"], answers, strict=False):
        terminal.expect(f"{prompt}.*: ")
        terminal.send(answer)
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == code
    assert os.listdir(project) == []
