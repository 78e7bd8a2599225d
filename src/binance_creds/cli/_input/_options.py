"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import binance_creds
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.exchange import ExchangeCheck, Policy

__all__ = ["add_base_url", "add_offline", "add_policy", "add_replace", "policy_named", "verify_of"]


def add_base_url(parser: ArgumentParser) -> None:
    """Add the option that says where the exchange is asked."""
    parser.add_argument(
        "--base-url",
        metavar="URL",
        default=None,
        help="ask the exchange through this proxy of your own",
    )


def add_offline(parser: ArgumentParser) -> None:
    """Add the option that leaves the exchange out."""
    parser.add_argument(
        "--offline", action="store_true", default=False, help="do not ask the exchange"
    )


def add_policy(parser: ArgumentParser) -> None:
    """Add the option that says what a key may be able to do."""
    parser.add_argument(
        "--policy",
        metavar="POLICY",
        default=None,
        help="compare the key with this policy instead of the profile's",
    )


def add_replace(parser: ArgumentParser) -> None:
    """Add the option that names what may be replaced."""
    parser.add_argument(
        "--replace",
        metavar="FINGERPRINT",
        default=None,
        help="replace the pair whose key has this fingerprint; 'incomplete' if it has no key",
    )


def verify_of(options: Namespace, target: str) -> ExchangeCheck | bool:
    """Return how a pair is proven before it is written into a target.

    Raises:
        ConfigurationError: the options contradict each other.
    """
    if options.offline:
        if options.policy is not None or options.base_url is not None:
            msg = "--offline leaves the exchange out, which --policy and --base-url need."
            raise ConfigurationError(msg, hint="Leave out --offline, or the others.")
        return False
    from binance_creds.storing import check_for  # noqa: PLC0415  # the help needs none of it

    return check_for(
        target, policy=options.policy, base_url=options.base_url, config=options.config
    )


def policy_named(name: str | None, options: Namespace) -> Policy | str | None:
    """Return the policy that a word names, where the configuration has it; else the word."""
    if name is None:
        return None
    known: dict[str, Policy] = binance_creds.policies(options.config)
    return known.get(name, name)
