"""Every command where something of its surroundings is missing: a clear line, the right code."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import forked
import pytest
from support import pair, plain_environ, write_dotenv

from binance_creds.cli import ExitCode, main

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has this device")

PROGRAM = [sys.executable, "-m", "binance_creds"]
READING = ["--help", "show main", "check main --offline"]
FAILING = {
    "exec other -- true": 125,
    "init": 2,
    "watch other": 1,
    "copy other dotenv:new.env --offline": 1,
    "nothing": 2,
}
EVERY = [*READING, *FAILING]


class Ended(NamedTuple):
    code: int
    err: str


@pytest.fixture
def folder(tmp_path):
    """A working folder whose name is not ASCII, with a profile that works and one that does not."""
    folder = tmp_path / "caf\u00e9"
    folder.mkdir()
    write_dotenv(folder / "main.env", pair())
    profiles = (f'[profiles.{name}]\nsource = "dotenv:{name}.env"\n' for name in ("main", "other"))
    (folder / "binance-creds.toml").write_text("".join(profiles))
    return folder


@pytest.fixture
def ended(folder):
    """Run commands beside each other, each by a line of a shell, and return how they ended."""

    def one(shell: str, words: str) -> Ended:
        done = subprocess.run(
            ["bash", "-c", shell, "-", *PROGRAM, *words.split()], cwd=folder, timeout=100,
            capture_output=True, check=False, env=plain_environ(HOME=str(folder)),
        )  # fmt: skip
        return Ended(done.returncode, done.stderr.decode())

    def run(shell: str, commands) -> dict[str, Ended]:
        with ThreadPoolExecutor(4) as pool:
            found = dict(zip(commands, pool.map(lambda it: one(shell, it), commands), strict=True))
        assert not any("Traceback" in it.err or "defect" in it.err for it in found.values())
        assert {path.name for path in folder.iterdir()} <= {"main.env", "binance-creds.toml"}
        return found

    return run


@pytest.mark.parametrize(
    "commands", [EVERY[1:5], pytest.param(EVERY, marks=pytest.mark.product)], ids=["some", "every"]
)
@pytest.mark.parametrize(
    "shell",
    [
        '"$@" <&-',
        '"$@" >&- </dev/null',
        '"$@" 2>/dev/full </dev/null',
        '"$@" >&- 2>&- <&-',
        'env -u HOME "$@" </dev/null',
        'env LC_ALL=C PYTHONIOENCODING=ascii "$@" </dev/null',
    ],
    ids=["no-input", "no-output", "full-errors", "no-stream", "no-home", "ascii"],
)
def test_the_exit_code_is_the_same(ended, shell, commands) -> None:
    found = ended(shell, commands)
    for words, it in found.items():
        assert it.code == FAILING.get(words, ExitCode.DONE), (words, it)


@pytest.mark.parametrize("words", READING)
def test_a_full_disk_is_told_by_whatever_prints(folder, monkeypatch, words) -> None:
    monkeypatch.chdir(folder)
    with open("/dev/full", "w") as full:
        done = forked.run(words.split(), output=full)
    assert done.returncode == ExitCode.UNAVAILABLE
    assert done.stderr == "error: the output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("words", ["init dotenv:x.env --yes", "audit verify none"])
def test_a_folder_that_is_gone_is_said(tmp_path, monkeypatch, capsys, words) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(words.split()) == ExitCode.USAGE
    assert "the working folder does not exist any more" in capsys.readouterr().err


def test_a_scan_of_closed_input_is_wrong_usage(ended) -> None:
    (it,) = ended('"$@" <&-', ["scan --stdin"]).values()
    assert (it.code, "standard input is closed" in it.err) == (ExitCode.USAGE, True)
