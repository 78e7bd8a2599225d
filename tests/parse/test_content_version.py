"""The version of a source that has none tells "the same" from "another", and nothing else."""

from __future__ import annotations

import os
import re

from support import child, token
from waiting import PATIENCE

from binance_creds import load_credentials

PAIR = {"BINANCE_API_KEY": token(), "BINANCE_API_SECRET": token()}
CODE = "import binance_creds; print(binance_creds.load_credentials('env://BINANCE').version)"


def version(monkeypatch, **more: str) -> str:
    for name, text in (PAIR | more).items():
        monkeypatch.setenv(name, text)
    return load_credentials("env://BINANCE", fresh=True).version


def test_it_is_the_same_for_the_same_content(monkeypatch) -> None:
    """And another for each other one."""
    assert re.fullmatch("content-[0-9a-f]{16}", version(monkeypatch))
    assert version(monkeypatch) == version(monkeypatch)
    assert version(monkeypatch) != version(monkeypatch, BINANCE_API_SECRET=token())


def test_it_means_nothing_in_another_process(monkeypatch) -> None:
    """A digest without a key could be searched for."""
    with child(CODE, **PAIR) as process:
        assert version(monkeypatch) != process.communicate(timeout=PATIENCE)[0].strip()
        assert process.returncode == os.EX_OK
