"""The page on keys in a token: its program runs, and its URIs are some."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from softhsm import text_of
from support import token

from binance_creds.signers import SignerURI

PAGE = (Path(__file__).parents[3] / "docs/howto/keys/token.md").read_text()


def test_its_uris_are_read() -> None:
    uris = [SignerURI.parse(text) for text in re.findall(r"'(pkcs11:[^']+)'", PAGE)]
    assert ["token=bot;object=ed"] == [uri.location for uri in uris]


@pytest.mark.real_server
def test_its_program_signs(hsm, monkeypatch, capsys) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", token())
    monkeypatch.setenv("BINANCE_SIGNER", text_of(hsm.uri("token=bot;object=ed")))
    (program,) = re.findall(r"^```python[^\n]*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(program, "token.md", "exec"), {})
    assert re.fullmatch(r"ED25519 [A-Za-z0-9+/]{86}==\n", capsys.readouterr().out)
