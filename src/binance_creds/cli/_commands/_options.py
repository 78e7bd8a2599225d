"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import binance_creds

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.exchange import Policy

__all__ = ["add_base_url", "add_offline", "add_replace", "policy_named"]


def add_base_url(parser: ArgumentParser) -> None:
    """Add the option that says where the exchange is asked."""
    parser.add_argument(
        "--base-url", metavar="URL", default=None, help="of a proxy of your own to the exchange"
    )


def add_offline(parser: ArgumentParser) -> None:
    """Add the option that leaves the exchange out."""
    parser.add_argument(
        "--offline", action="store_true", default=False, help="do not ask the exchange"
    )


def add_replace(parser: ArgumentParser) -> None:
    """Add the option that names what may be replaced."""
    parser.add_argument(
        "--replace", metavar="FINGERPRINT", default=None, help="of the key that is there now"
    )


def policy_named(name: str | None, options: Namespace) -> Policy | str | None:
    """Return the policy that a word names, where the configuration has it; else the word."""
    if name is None:
        return None
    known: dict[str, Policy] = binance_creds.policies(options.config)
    return known.get(name, name)
