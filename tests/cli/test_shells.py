"""Completion, in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ

from binance_creds.cli import main

pytestmark = pytest.mark.unmeasured

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")

CASES = [
    ("binance-creds sh", "show"),
    ("binance-creds show ma", "main"),
    ("binance-creds policy mi", "mine"),
    ("binance-creds show --rev", "--reveal"),
    ("binance-creds --json show --al", "--all"),
    ("binance-creds init key", "keyring://"),
    ("binance-creds init --environment te", "testnet"),
    ("binance-creds show dotenv:own.e", "own.env"),
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


def _complete_all(shell: list[str], ready: str, environ: dict[str, str], folder: Path) -> None:
    """Type each case on a terminal, and Tab."""
    (folder / "own.env").touch()
    child = pexpect.spawn(
        shell[0], shell[1:], env=environ, encoding="utf-8", timeout=30, cwd=str(folder)
    )
    try:
        child.sendline(ready)
        child.expect("[\r\n]ready> ")
        for typed, word in CASES:
            child.send(f"{typed}\t")
            child.expect_exact(word)
            child.send("\x15")  # Ctrl-U: an empty line again
    finally:
        child.close(force=True)


def test_bash_completes(environ, capsys, tmp_path) -> None:
    (tmp_path / "script").write_text(_script("bash", capsys))
    ready = f"PS1='ready> '; bind 'set enable-bracketed-paste off'; . {tmp_path}/script"
    _complete_all(["bash", "--norc", "-i"], ready, environ, tmp_path)


@pytest.mark.parametrize(("typed", "word"), CASES)
def test_fish_completes(typed, word, environ, capsys, tmp_path) -> None:
    (tmp_path / "own.env").touch()
    script = f"{_script('fish', capsys)}\ncomplete -C '{typed}'"
    found = subprocess.run(
        ["fish", "--no-config", "-c", script], cwd=tmp_path, env=environ, timeout=60,
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert [each.rpartition(":")[2] if "own" in each else each for each in found] == [word]


def test_zsh_completes(environ, capsys, tmp_path) -> None:
    (tmp_path / "script").write_text(_script("zsh", capsys))
    ready = f"PS1='ready> '; autoload -U compinit; compinit -u; . {tmp_path}/script"
    _complete_all(["zsh", "-f"], ready, environ, tmp_path)
