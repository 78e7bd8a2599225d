"""`copy`: write what one source holds into a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import (
    add_base_url,
    add_offline,
    add_policy,
    add_replace,
    verify_of,
)
from binance_creds.cli._output._stored import write_stored

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  binance-creds copy dotenv:.env vault://secret/bot
The source keeps its pair. It signs and is proven with the exchange before it is written."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `copy`."""
    parser.add_argument("source", metavar="SOURCE|PROFILE", help="the pair to copy")
    parser.add_argument("target", metavar="TARGET", help="a store that can be written")
    add_replace(parser)
    add_policy(parser)
    add_base_url(parser)
    add_offline(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Copy the pair."""
    from binance_creds.storing import copy  # noqa: PLC0415  # the help needs none of it

    stored = copy(
        options.source,
        options.target,
        replace=options.replace,
        config=options.config,
        verify=verify_of(options, options.target),
    )
    write_stored(stored, terminal)
    return ExitCode.DONE
