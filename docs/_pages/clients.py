"""The table of clients, of what the scenario of rotations runs: docs/reference/clients.md."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "adapters" / "scenario"))

from drivers import CLIENTS, DRIVERS, Client

WAYS = ("rest", "ws", "stream")
HEAD = """\
# Clients

What each adapter does for its client.
Every "yes" is a test: each client trades with eight threads or a hundred tasks through twenty rotations with changes of the key type, and each old key is revoked at the end of its overlap.
No request is refused, no key is sent with the signature of another, no order is placed twice, and no user event is lost.
WebSockets of ccxt.pro have tests of their own, with fewer requests at a time, and freqtrade trades through one rotation.
The versions are the oldest and the newest with which the tests ran.
[Which client do you use?](../howto/clients/choose.md) explains how to choose.

| client | adapter | versions | REST | WebSocket API | user streams | rotates while it runs | `retry_rejected` |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_row(adapter, client) for adapter, client in CLIENTS.items())


def _row(adapter: str, client: Client) -> str:
    own = [one for one in DRIVERS if one.adapter == adapter]
    versions = " to ".join(dict.fromkeys(filter(None, (client.oldest, client.newest))))
    cells = [
        client.name,
        f"`adapters.{adapter}`",
        versions,
        *(_said(way in client.apart or any(one.way == way for one in own)) for way in WAYS),
        _said(bool(own or client.apart)),
        _said(any(one.retries for one in own if one.way != "stream")),
    ]
    return f"| {' | '.join(cells)} |\n"


def _said(it: bool) -> str:  # a fact of one row
    return "yes" if it else "no"
