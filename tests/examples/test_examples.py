"""Every example runs as a newcomer would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import new_key

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_says_what_it_did(path, tmp_path) -> None:
    """Without an error, and without anything on standard error; the environment has a pair."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("DBUS_", "BINANCE_"))}
    pair = new_key().fields()
    environ |= {f"BINANCE_{name.upper()}": value for name, value in pair.items()}
    run = subprocess.run(
        [sys.executable, path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environ,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout
    assert run.stderr == ""
