"""What the commands that write have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from binance_creds.cli._terminal import Terminal
    from binance_creds.storing import Stored

__all__ = ["write_stored"]


def write_stored(stored: Stored, terminal: Terminal) -> None:
    """Write what was stored where."""
    if terminal.is_json:
        terminal.write_json({"stored": stored._asdict()})
        return
    version = f", version {stored.version}" if stored.version else ""
    old = f"; it replaces {stored.replaced}" if stored.replaced else ""
    terminal.write(f"{stored.target} holds the key {stored.fingerprint} now{version}{old}.")
