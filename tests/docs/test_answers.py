"""The README and the pages of docs/answers show what `check` prints of each cause, on the local exchange.

`WRITE_PAGES=1 pytest tests/docs/test_answers.py` writes what is printed into the pages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support import token, write_dotenv

from binance_creds.cli import main
from binance_creds.testing import FakeExchange, IssuedKey

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "answers"
BLOCK = re.compile(r"^```console run=([\w-]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted(FOLDER.glob("*-*.md"))]
LISTED = ("127.0.0.1",)
# What differs from run to run, and what a page has instead.
VARYING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "api.binance.com"),
    (re.compile(r"(?<=dotenv:)/\S*/(?=\.env)"), "/home/bot/"),
    (re.compile(r"(?<=key          )[0-9a-f]{8}"), "3f1c92ab"),
    (re.compile(r"(?<=created      )\S+"), "2026-11-20"),
    (re.compile(r"-?\d\.\d s off"), "0.0 s off"),
    (re.compile(r"\b127\.0\.0\.1\b"), "203.0.113.7"),
)


def revoked(exchange: FakeExchange, key: IssuedKey) -> None:
    exchange.keys.revoke(key.api_key)


def throttled(status: int, seconds: int) -> Callable[[FakeExchange, IssuedKey], None]:
    return lambda exchange, _: exchange.throttle(9, status=status, retry_after_seconds=seconds)


def blocked(exchange: FakeExchange, _: IssuedKey) -> None:
    exchange.reply("<html>Request blocked</html>", 9, status=403)


def fine(exchange: FakeExchange, key: IssuedKey) -> None:
    """Change nothing."""


# What is wrong: options of the exchange and of the key, what happens to it, and the file's fields.
CASES: dict[str, tuple[dict, dict, Callable, Callable[[dict[str, str]], dict[str, str]]]] = {
    "good": ({}, {}, fine, dict),
    "placeholder": ({}, {}, fine, lambda it: it | {"api_key": "YOUR_API_KEY"}),
    "cut": ({}, {}, fine, lambda it: it | {"api_key": it["api_key"][:60]}),
    "quotes": ({}, {}, fine, lambda it: it | {"api_key": f"“{it['api_key']}”"}),
    "foreign-secret": ({}, {}, fine, lambda it: it | {"api_secret": token()}),
    "unknown": ({}, {}, fine, lambda it: it | {"api_key": token()}),
    "swapped": ({}, {}, fine, lambda it: {"api_key": it["api_secret"], "api_secret": it["api_key"]}),
    "deleted": ({}, {}, revoked, dict),
    "address": ({}, {"ip_list": ("198.51.100.9",)}, fine, dict),
    "right": ({}, {"permissions": {"enableSpotAndMarginTrading": False}}, fine, dict),
    "clock": ({"clock_offset_ms": -5_000}, {}, fine, dict),
    "slow": ({}, {}, throttled(429, 30), dict),
    "banned": ({}, {}, throttled(418, 600), dict),
    "firewall": ({}, {}, blocked, dict),
}  # fmt: skip


def printed(name: str, command: str, capsys) -> str:
    """Return what a command prints in a case, and its exit code."""
    of_exchange, of_key, change, fields = CASES[name]
    with FakeExchange(**of_exchange) as exchange:
        key = exchange.issue(**{"ip_list": LISTED} | of_key)
        change(exchange, key)
        write_dotenv(Path(".env"), fields(key.fields()))
        program, *arguments = command.split()
        assert program == "binance-creds"
        code = main([*arguments, "--base-url", exchange.url])
    shown = capsys.readouterr()
    text = f"{shown.out}{shown.err}"
    for pattern, stands in VARYING:
        text = pattern.sub(stands, text)
    return f"{text}exit code {code}\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_is_printed(page, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)

    def run(block: re.Match[str]) -> str:
        name, text = block.groups()
        command = text.partition("\n")[0].removeprefix("$ ")
        monkeypatch.setenv("COLUMNS", "80")
        Path(".env").unlink(missing_ok=True)
        shown = printed(name, command, capsys)
        return f"```console run={name}\n$ {command}\n{shown}```"

    made = BLOCK.sub(run, page.read_text())
    if os.environ.get("WRITE_PAGES"):
        page.write_text(made)
    assert page.read_text() == made


def test_every_case_is_on_a_page() -> None:
    shown = {name for page in PAGES for name, _ in BLOCK.findall(page.read_text())}
    assert set(CASES) == shown
