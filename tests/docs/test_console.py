"""The console blocks of a page that are marked `run` print what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_vault import SmallVault
from support import plain_environ

from binance_creds.testing import FakeExchange

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs/howto" / name for name in ("keys/store.md", "start.md")]
BLOCK = re.compile(r"^```console run\n(.*?)^```", re.MULTILINE | re.DOTALL)
HOME = "/home/bot"  # what a page calls the working directory
FINGERPRINT = re.compile(r"\b[0-9a-f]{8}\b")
PROVEN = ("check", "copy", "put", "rollback")  # commands that ask the exchange


@pytest.fixture
def shell(tmp_path):
    """Run a line as on a machine with a Vault, whose exchange is a local one."""
    with FakeExchange() as exchange:
        vault = SmallVault()
        folder, programs = tmp_path / "bot", tmp_path / "bin"
        folder.mkdir(0o700)
        programs.mkdir()
        for name in ("pair", "new"):
            path = folder / f"{name}.json"
            path.touch(0o600)
            path.write_text(json.dumps(exchange.issue().fields()))
        program = programs / "binance-creds"
        program.write_text(
            f'#!/bin/sh\ncase $1 in {"|".join(PROVEN)}) set -- "$@" --base-url {exchange.url};; esac\n'
            f'exec {sys.executable} -m binance_creds "$@"\n'
        )
        program.chmod(0o700)
        environ = plain_environ(
            PATH=os.pathsep.join([str(programs), os.environ["PATH"]]),
            HOME=str(tmp_path),
            VAULT_ADDR=vault.url,
            VAULT_TOKEN=vault.root_token,
        )

        def run(line: str) -> str:
            done = subprocess.run(
                ["sh", "-c", f"{line} 2>&1"], cwd=folder, env=environ, text=True,
                stdout=subprocess.PIPE, check=False, timeout=60,
            )  # fmt: skip
            return done.stdout.replace(str(folder), HOME)

        yield run
        vault.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_is_printed(page, shell) -> None:
    """But for fingerprints, of which each stands for one key all over the page."""
    real: dict[str, str] = {}
    blocks = BLOCK.findall(page.read_text())
    assert blocks
    for block in blocks:
        for command, shown in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            line = FINGERPRINT.sub(lambda it: real[it[0]], command)
            printed = shell(line)
            real.update(zip(FINGERPRINT.findall(shown), FINGERPRINT.findall(printed), strict=True))
            assert FINGERPRINT.sub(lambda it: real[it[0]], shown) == printed, command
