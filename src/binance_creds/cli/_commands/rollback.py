"""`rollback`: make the version before the newest of a store again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import (
    add_base_url,
    add_offline,
    add_policy,
    verify_of,
)
from binance_creds.cli._output._stored import write_stored

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  binance-creds rollback vault://secret/bot
The version before signs and is proven with the exchange first. Done twice, it is undone."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `rollback`."""
    parser.add_argument("source", metavar="SOURCE|PROFILE", help="a store that keeps versions")
    add_policy(parser)
    add_base_url(parser)
    add_offline(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Write the version before again."""
    from binance_creds.storing import rollback  # noqa: PLC0415  # the help needs none of it

    verify = verify_of(options, options.source)
    stored = rollback(options.source, config=options.config, verify=verify)
    write_stored(stored, terminal)
    return ExitCode.DONE
