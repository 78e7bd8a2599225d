"""The blocks of the page on binance-connector run, where that is installed."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from binance_creds.testing import FakeExchange

pytest.importorskip("binance.spot", reason="python-binance is here; tox runs this one")

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "clients" / "binance-connector.md"
BLOCK = re.compile(
    r"^```python no-run: python-binance is installed here\n(.*?)^```", re.MULTILINE | re.DOTALL
)
FINGERPRINT = re.compile(r"\b[0-9a-f]{8}\b")


def test_the_blocks_of_the_page_run_and_print_what_it_shows(monkeypatch) -> None:
    for name, text in FakeExchange().issue().fields().items():
        monkeypatch.setenv(f"BINANCE_{name.upper()}", text)
    page, printed = PAGE.read_text(), StringIO()
    namespace: dict[str, object] = {"__name__": "__docs__"}
    with redirect_stdout(printed):
        for code in BLOCK.findall(page):
            exec(code, namespace)
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert FINGERPRINT.sub("", shown) == FINGERPRINT.sub("", printed.getvalue())
