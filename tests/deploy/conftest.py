"""The programs of `examples/deploy`, run as their pages run them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ

from binance_creds.testing import IssuedKey

sys.path.append(str(Path(__file__).parent))  # for secrets_manager.py
EXAMPLES = Path(__file__).parents[2] / "examples" / "deploy"


class Keys:
    """A folder with `pair.json`, which `put` of the command line writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)

    @property
    def path(self) -> Path:
        return self.folder / "pair.json"

    def put(self, key: IssuedKey, *, replace: str | None = None) -> None:
        command = [sys.executable, "-m", "binance_creds", "put", f"file:{self.path}", "--offline"]
        command += ["--environment", "testnet"]
        if replace:
            command += ["--replace", replace]
        subprocess.run(
            command, input=json.dumps(key.fields()), text=True, check=True, env=plain_environ()
        )


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys")


@pytest.fixture
def start():
    """Start a program of the examples with variables; what still runs at the end is ended."""
    running = []

    def run(name: str, *before: str, **environ: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, *before, EXAMPLES / name],
            env=plain_environ(**environ), cwd=EXAMPLES, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()
