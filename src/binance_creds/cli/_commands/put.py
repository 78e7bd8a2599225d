"""`put`: write a pair into a store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from binance_creds import ConfigurationError, Secret
from binance_creds.cli._commands._options import add_offline, add_replace
from binance_creds.cli._commands._prompt import hidden
from binance_creds.cli._commands._stored import write_stored
from binance_creds.cli._exit_codes import ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  binance-creds put vault://secret/bot < pair.json
On a terminal it asks, and shows nothing of what is entered; else it reads JSON or the lines of a
.env from standard input. No value is ever an argument. The pair signs and is proven with the
exchange before it is written. What is there is replaced only if --replace names its key."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `put`."""
    parser.add_argument("target", metavar="SOURCE|PROFILE", help="a store that can be written")
    add_replace(parser)
    add_offline(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Read the pair and write it."""
    from binance_creds.storing import put  # noqa: PLC0415  # the help needs none of it

    stored = put(
        options.target,
        _given(terminal),
        replace=options.replace,
        config=options.config,
        verify=not options.offline,
    )
    write_stored(stored, terminal)
    return ExitCode.DONE


def _given(terminal: Terminal) -> Mapping[str, Secret]:
    from binance_creds.storing import pair_of_text  # noqa: PLC0415  # as above

    if terminal.asks:
        return {
            "api_key": hidden("API key (hidden): "),
            "api_secret": hidden("API secret, or private key as PEM (hidden): "),
        }
    stream = sys.stdin
    if stream is None or stream.closed or stream.isatty():
        msg = "there is no pair on standard input."
        raise ConfigurationError(msg, hint="Give a file with it: < pair.json")
    return pair_of_text(Secret(stream.buffer.read()))
