"""Every example runs as a newcomer would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import new_key

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))


def run(path: Path, folder: Path) -> str:
    """Run an example without a desktop, with a pair in the environment; return what it prints."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("DBUS_", "BINANCE_"))}
    pair = new_key().fields()
    environ |= {f"BINANCE_{name.upper()}": value for name, value in pair.items()}
    done = subprocess.run(
        [sys.executable, path],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environ,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


# The keys of a local exchange are not live ones, and a rotation refuses no request.
SAYS = {
    "demo": r"(?s)\A(?!.*environment\W+live).*environment=testnet.* refused 0\..* another: 0\.",
    "live_bot": r"refused by the exchange: 0\b",
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_says_what_it_did(path, tmp_path) -> None:
    """Without an error, and without anything on standard error."""
    assert re.search(SAYS.get(path.stem, r"\S"), run(path, tmp_path))
