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


def install(wheel: Path, environment: Path) -> str:
    """Make an environment, and install the wheel without extras."""
    if shutil.which("uv"):
        run("uv", "venv", "-q", "--python", sys.executable, environment)
        run("uv", "pip", "install", "-q", "--python", environment / "bin" / "python", wheel)
    else:
        run(sys.executable, "-m", "venv", environment)
        run(environment / "bin" / "python", "-m", "pip", "install", "-q", wheel)
    shown = run(environment / "bin" / "binance-creds", "--version").strip()
    return f"without extras: {shown}"


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
