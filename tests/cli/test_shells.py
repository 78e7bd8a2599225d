"""Completion, in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from support import plain_environ

from binance_creds.cli import main

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")

CASES = [
    ("binance-creds sh", "show"),
    ("binance-creds show ma", "main"),
    ("binance-creds policy mi", "mine"),
    ("binance-creds show --rev", "--reveal"),
]


@pytest.fixture
def environ(tmp_path, monkeypatch) -> dict[str, str]:
    """With `binance-creds` on the PATH, and a configuration."""
    program = tmp_path / "bin" / "binance-creds"
    program.parent.mkdir()
    path = os.pathsep.join(filter(None, sys.path))
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{path}' exec {sys.executable} -m binance_creds \"$@\"\n"
    )
    program.chmod(0o755)
    config = tmp_path / "named.toml"
    config.write_text(
        '[profiles.main]\nsource = "memory:bot"\n[policies.mine]\nbase = "spot-trading"\n'
    )
    return plain_environ() | {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "BINANCE_CREDS_CONFIG": str(config),
        "TERM": "dumb",
    }


def _script(shell: str, capsys) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    main(["completion", shell])
    return capsys.readouterr().out


def _ran(command: list[str], environ: dict[str, str]) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=environ, timeout=60
    ).stdout


@pytest.mark.parametrize(("typed", "word"), CASES)
def test_bash_completes(typed, word, environ, capsys) -> None:
    words = typed.split()
    ask = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _binance_creds"
    script = f"{_script('bash', capsys)}\n{ask}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    assert _ran(["bash", "-c", script], environ).split() == [word]


@pytest.mark.parametrize(("typed", "word"), CASES)
def test_fish_completes(typed, word, environ, capsys) -> None:
    script = f"{_script('fish', capsys)}\ncomplete -C '{typed}'"
    assert _ran(["fish", "--no-config", "-c", script], environ).split() == [word]


@pytest.mark.parametrize(("typed", "word"), CASES)
def test_zsh_completes(typed, word, environ, capsys, tmp_path) -> None:
    (tmp_path / "script").write_text(_script("zsh", capsys))
    shell = pexpect.spawn("zsh", ["-f"], env=environ, encoding="utf-8", timeout=30)
    try:
        shell.sendline(f"PS1='ready> '; autoload -U compinit; compinit -u; . {tmp_path}/script")
        shell.expect("\r\r*ready> ")
        shell.send(f"{typed}\t")
        shell.expect(word)
    finally:
        shell.close(force=True)
