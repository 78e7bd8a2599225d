"""The wheel in an environment that has nothing else."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from pathlib import Path
from typing import Final

from release.contents import run

BLOCK: Final = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS: Final = (
    ("--version",),
    ("init", "dotenv:.env", "--environment", "testnet", "--yes"),
    ("check", "main", "--offline"),
    ("doctor", "main", "--offline"),
    ("show", "main"),
    ("runbook", "leak"),
)


def install(wheel: Path, environment: Path, *others: str) -> str:
    """Make an environment, and install the wheel."""
    if shutil.which("uv"):
        run("uv", "venv", "-q", "--python", sys.executable, environment)
        run(
            "uv", "pip", "install", "-q", "--python", environment / "bin" / "python", wheel, *others
        )
    else:
        run(sys.executable, "-m", "venv", environment)
        run(environment / "bin" / "python", "-m", "pip", "install", "-q", wheel, *others)
    shown = run(environment / "bin" / "binance-creds", "--version").strip()
    return f"{shown}"


def run_readme(root: Path, environment: Path, scratch: Path) -> str:
    """Run the Python blocks of the README that need no exchange, in one program."""
    folder = bot(scratch / "readme")
    blocks = BLOCK.findall((root / "README.md").read_text())
    assert blocks, "README.md has no block of Python"
    run_in(folder, environment / "bin" / "python", "-W", "error", "-c", "\n".join(blocks))
    return f"its {len(blocks)} blocks of Python run"


def run_commands(environment: Path, scratch: Path) -> str:
    """Run commands as a new user would."""
    folder = bot(scratch / "commands")
    for arguments in COMMANDS:
        run_in(folder, environment / "bin" / "binance-creds", *arguments)
    return ", ".join(arguments[0] for arguments in COMMANDS)


def run_tutorial(root: Path, environment: Path, wheel: Path) -> str:
    """Install what the tutorial names, from the wheel, and carry the page out as its test does."""
    page = (root / "docs" / "tutorial.md").read_text()
    extras = re.findall(r"pip install 'binance-creds(\[.+\])'", page)[0]
    install(Path(f"{wheel}{extras}"), environment, "pytest")
    options = ["-q", "-p", "no:cacheprovider", "--noconftest", "-c", os.devnull, "--rootdir", root]
    run(
        environment / "bin" / "python", "-m", "pytest", *options, root / "tests/docs/test_tutorial.py",
        cwd=environment, env=os.environ | {"PYTHONPATH": str(root / "tests")},
    )  # fmt: skip
    return f"with the extras {extras}, each block prints what the page shows"


def bot(folder: Path) -> Path:
    """Make a folder with a `.env` of invented values."""
    folder.mkdir(mode=0o700)
    dotenv = folder / ".env"
    dotenv.touch(0o600)
    dotenv.write_text(
        f"BINANCE_API_KEY={secrets.token_hex(32)}\nBINANCE_API_SECRET={secrets.token_hex(32)}\n"
    )
    return folder


def run_in(folder: Path, *command: str | Path) -> str:
    """Run a command with nothing of this environment but the path."""
    return run(*command, cwd=folder, env={"PATH": os.defpath, "HOME": str(folder)})
