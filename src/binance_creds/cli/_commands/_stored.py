"""What the commands that write have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from binance_creds.cli._terminal import Terminal
    from binance_creds.storing import Stored

__all__ = ["add_offline", "add_replace", "write_stored"]


def add_replace(parser: ArgumentParser) -> None:
    """Add the option that names what may be replaced."""
    parser.add_argument(
        "--replace", metavar="FINGERPRINT", default=None, help="of the key that is there now"
    )


def add_offline(parser: ArgumentParser) -> None:
    """Add the option that leaves the exchange out."""
    parser.add_argument(
        "--offline", action="store_true", default=False, help="do not ask the exchange"
    )


def write_stored(stored: Stored, terminal: Terminal) -> None:
    """Write what was stored where."""
    if terminal.is_json:
        terminal.write_json({"stored": stored._asdict()})
        return
    version = f", version {stored.version}" if stored.version else ""
    old = f"; it replaces {stored.replaced}" if stored.replaced else ""
    terminal.write(f"{stored.target} holds the key {stored.fingerprint} now{version}{old}.")
