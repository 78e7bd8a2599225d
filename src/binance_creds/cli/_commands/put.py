"""`put`: write a pair into a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds import Environment
from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import (
    add_base_url,
    add_offline,
    add_policy,
    add_replace,
    verify_of,
)
from binance_creds.cli._input._pair import given_pair
from binance_creds.cli._output._stored import write_stored

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  binance-creds put vault://secret/bot
  binance-creds put dotenv:.env --from key.pem --environment testnet
  binance-creds put main --replace 1a2b3c4d < pair.json
It looks at the target first. On a terminal it asks for what --from does not give, and shows nothing
of what is entered; else it reads from standard input: JSON, TOML, lines of a .env, or the API key
alone beside --from key.pem. No value is ever an argument. The pair signs and is proven with the
exchange before it is written. What is there is replaced only if --replace names its key."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `put`."""
    parser.add_argument("target", metavar="SOURCE|PROFILE", help="where it is written")
    parser.add_argument(
        "--from", dest="path", metavar="PATH", default=None,
        help="a file with the pair: JSON, TOML, lines of a .env, or a private key",
    )  # fmt: skip
    parser.add_argument(
        "--environment", choices=[it.value for it in Environment], default=None,
        help="environment of the pair, which is written with it",
    )  # fmt: skip
    add_replace(parser)
    add_policy(parser)
    add_base_url(parser)
    add_offline(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Look at the target, read the pair, and write it."""
    from binance_creds.storing import check_target, put  # noqa: PLC0415  # the help needs none of it

    verify = verify_of(options, options.target)
    check_target(options.target, replace=options.replace, config=options.config)
    stored = put(
        options.target,
        given_pair(options.path, terminal),
        replace=options.replace,
        environment=options.environment,
        config=options.config,
        verify=verify,
    )
    write_stored(stored, terminal)
    return ExitCode.DONE
