"""What a new user reads: the help of every command, as files in `snapshots`.

Renew them after a change: `RENEW_SNAPSHOTS=1 python3.11 -m pytest tests/cli/test_snapshots.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from binance_creds.cli import ExitCode, main
from binance_creds.cli._commands import COMMANDS

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(params=[40, 80, 120])
def columns(request, monkeypatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.setenv("NO_COLOR", "1")
    return request.param


def helped(words: list[str], capsys) -> str:
    assert main([*words, "--help"]) == ExitCode.DONE
    return capsys.readouterr().out


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse breaks lines otherwise")
def test_the_help_of_every_command(columns, capsys) -> None:
    shown = "\n".join(helped(words, capsys) for words in [[], *([name] for name in COMMANDS)])
    path = SNAPSHOTS / f"help-{columns}.txt"
    if os.environ.get("RENEW_SNAPSHOTS"):
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("name", COMMANDS)
def test_sentences_fit_the_terminal(columns, capsys, name) -> None:
    """Examples, which are indented, stay in one line."""
    lines = helped([name], capsys).splitlines()
    start = next(at for at, line in enumerate(lines) if not line) + 1
    assert max(len(it) for it in lines[start:] if not it.startswith(" ")) <= columns
