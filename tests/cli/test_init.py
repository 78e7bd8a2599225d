"""`binance-creds init`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import forked
import pytest
from support import plain_environ

from binance_creds.cli import ExitCode, main

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")


PROMPTS = ["Number", "Source", "Environment", "Policy; Enter", "Write this"]


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
    child = forked.spawn(["init"])
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
    assert [each for each in os.listdir(project) if "coverage" not in each] == []


def test_a_dry_run_writes_nothing(project, capsys) -> None:
    assert main(["init", "env://BINANCE", "--dry-run", "--json"]) == ExitCode.DONE
    files = json.loads(capsys.readouterr().out)["files"]
    assert {each["is_written"] for each in files} == {False}
    assert main(["init", "env://BINANCE", "--dry-run"]) == ExitCode.DONE
    assert "nothing was written" in capsys.readouterr().err
    assert [each for each in os.listdir(project) if "coverage" not in each] == []


def test_what_is_there_already_is_said(capsys) -> None:
    main(["init", "env://BINANCE", "--yes"])
    capsys.readouterr()
    assert main(["init", "env://BINANCE", "--yes"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "all of it is there already; next: binance-creds check main" in shown.err


def test_a_file_of_its_own_is_named_in_what_comes_next(capsys) -> None:
    main(["init", "env://BINANCE", "--config", "mine.toml", "--yes"])
    assert "check --config mine.toml main" in capsys.readouterr().err


def test_a_program_is_read_as_a_shell_would(capsys, tmp_path) -> None:
    arguments = ["init", "command:pass", "--yes", "--program"]
    assert main([*arguments, "pass show 'my key"]) == ExitCode.USAGE
    assert main([*arguments, "pass show 'my key'"]) == ExitCode.DONE
    path = tmp_path / ".config/binance-creds/config.toml"
    assert 'argv = ["pass", "show", "my key"]' in path.read_text()


def _answer(terminal, *answers: str) -> None:
    for answer in answers:
        terminal.expect(r"\w.*: $")
        terminal.sendline(answer)


def test_on_a_terminal_it_asks_five_things(project, terminal) -> None:
    _answer(terminal, "1", "dotenv:bot.env", "testnet", "testnet", "yes")
    terminal.expect("written; next")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == ExitCode.DONE
    written = (project / "binance-creds.toml").read_text().splitlines()
    assert 'source = "dotenv:bot.env"' in written
    assert 'environment = "testnet"' in written
    assert 'policy = "testnet"' in written


def test_a_program_is_asked_for(tmp_path, terminal) -> None:
    _answer(terminal, "9", "", "", "", "", "yes")
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
        (["1\n", "\n", "\n", "\n", "\n"], ExitCode.USAGE),
        (["1\n", "\n", "prod\n", "\n"], ExitCode.USAGE),
    ],
)
def test_another_answer_writes_nothing(project, terminal, answers, code) -> None:
    for prompt, answer in zip(PROMPTS, answers, strict=False):
        terminal.expect(f"{prompt}.*: ")
        terminal.send(answer)
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == code
    assert [each for each in os.listdir(project) if "coverage" not in each] == []


@pytest.fixture
def answers(monkeypatch) -> list[str]:
    """What is typed on the terminal, in this process."""
    answers: list[str] = []
    monkeypatch.setattr("binance_creds.cli._commands.init.line", lambda *_: answers.pop(0))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    return answers


def test_a_configuration_that_does_not_exist_yet_has_the_packaged_policies(answers, capsys) -> None:
    answers += ["9", "command:pass", "pass show x", "testnet", ""]
    assert main(["init", "--config", "new.toml", "--yes"]) == ExitCode.DONE
    assert "spot-trading" in capsys.readouterr().err


def test_what_an_option_says_is_not_asked(answers) -> None:
    answers += ["1", "dotenv:.env", "no"]
    assert main(["init", "--environment", "testnet", "--policy", "testnet"]) == ExitCode.USAGE
    answers += ["1", "dotenv:.env", "yes"]
    assert main(["init", "--environment", "testnet", "--policy", "testnet"]) == ExitCode.DONE
    answers += ["10"]
    assert main(["init"]) == ExitCode.USAGE
    assert answers == []


def test_json_asks_nothing(project, capsys, monkeypatch) -> None:
    assert main(["init", "env://BINANCE", "--json"]) == ExitCode.USAGE
    assert "--yes" in capsys.readouterr().out


def test_what_becomes_hidden_is_said(capsys) -> None:
    main(["init", "command:pass", "--program", "pass show x", "--yes"])
    capsys.readouterr()
    main(["init", "dotenv:.env", "--yes"])
    assert "config.toml is not read here once" in capsys.readouterr().err


WRITER = """
import os, signal, sys
from binance_creds.cli import main

left = int(sys.argv[1])

def end(event, arguments):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(end)
main(["init", "dotenv:.env", "--yes"])
"""


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_kill_leaves_whole_files_and_the_next_run_does_the_rest(project, capsys, done) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WRITER, str(done)],
        check=False, capture_output=True, timeout=60, env=plain_environ(),
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL
    names = ["binance-creds.toml", ".gitignore", ".env.example"]
    assert [(project / name).exists() for name in names] == [place < done for place in range(3)]
    assert main(["init", "dotenv:.env", "--yes"]) == ExitCode.DONE
    assert sorted(os.listdir(project)) == sorted(names)
    assert main(["check", "main", "--offline"]) == ExitCode.FINDING  # it loads; no key is there


def test_where_no_space_is_left_nothing_is_written(project) -> None:
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8));"
        "from binance_creds.cli import main; sys.exit(main(['init', 'dotenv:.env', '--yes']))"
    )
    ended = subprocess.run(
        [sys.executable, "-B", "-c", limited],
        check=False, capture_output=True, text=True, timeout=60, env=plain_environ(),
    )  # fmt: skip
    assert ended.returncode == ExitCode.UNAVAILABLE
    assert "there is no space left to write" in ended.stderr
    assert [each for each in os.listdir(project) if "coverage" not in each] == []
