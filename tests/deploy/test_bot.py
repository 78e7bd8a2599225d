"""The bot of the pages runs, follows its key, and ends when it is asked to."""

from __future__ import annotations

import signal
import sys

import pytest
from support import build


def fingerprint_of(key) -> str:
    return build(**key.fields()).fingerprint


def lines_until(process, text: str) -> list[str]:
    """Return what is printed, up to the first line with a text."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(process.stderr.read())


@pytest.mark.skipif(sys.platform == "win32", reason="a container, or systemd, ends it by TERM")
def test_the_bot_trades_through_a_rotation_and_ends_by_a_signal(keys, start, exchange) -> None:
    old, new = exchange.issue(), exchange.issue()
    keys.put(old)
    bot = start(
        "bot.py",
        BINANCE_CREDS_SOURCE=f"file:{keys.path}",
        BOT_EXCHANGE=exchange.url,
        BOT_PAUSE_SECONDS="0.01",
    )
    (first,) = lines_until(bot, "key ")
    fingerprint = first.split()[1]
    assert f"key {fingerprint} of testnet, from file:{keys.path}\n" == first
    assert [f"{fingerprint}: SPOT\n"] == lines_until(bot, "SPOT")
    keys.put(new, replace=fingerprint)
    lines_until(bot, "the key was replaced")
    lines_until(bot, f"{fingerprint_of(new)}: SPOT")
    bot.send_signal(signal.SIGTERM)
    rest, problems = bot.communicate()
    assert rest.endswith("ended\n")
    assert ("", 0) == (problems, bot.returncode)
    assert [] == exchange.rejected()


def test_the_bot_says_what_the_exchange_refuses(keys, start, exchange) -> None:
    key = exchange.issue()
    keys.put(key)
    exchange.keys.revoke(key.api_key)
    bot = start("bot.py", BINANCE_CREDS_SOURCE=f"file:{keys.path}", BOT_EXCHANGE=exchange.url)
    lines_until(bot, "(-2015, ")


def test_the_bot_ends_with_one_line_where_there_is_no_key(keys, start) -> None:
    bot = start("bot.py", BINANCE_CREDS_SOURCE=f"file:{keys.path}")
    printed, problem = bot.communicate()
    assert ("", 1) == (printed, bot.returncode)
    assert problem.startswith(f"file:{keys.path}: there is no such file")
    assert 1 == problem.count("\n")
