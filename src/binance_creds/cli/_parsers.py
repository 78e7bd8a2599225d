"""The parsers: one of the command line, and one of the command that is called.

`argparse` starts in a quarter of the time of the libraries over it.
"""

from __future__ import annotations

import argparse
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NoReturn

from binance_creds.cli._commands import COMMANDS, WITH_PROGRAM

if TYPE_CHECKING:
    from binance_creds.cli._commands import Command

__all__ = ["PROGRAM", "Parser", "main_parser", "parser_of"]

PROGRAM: Final = "binance-creds"
_LONG: Final = re.compile(r"[A-Za-z0-9+/=_-]{24,}")  # may be a key that was pasted
_DESCRIPTION: Final = (
    "Binance API credentials: where they are, whether they work, what they may do."
)


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat nothing that may be a key."""

    def error(self, message: str) -> NoReturn:
        """End with code 2, and say how the command is called."""
        super().error(_LONG.sub("(hidden)", message))


def main_parser() -> Parser:
    """Return the parser of what stands before the command, and of the command's name."""
    names = "\n".join(f"  {name:<12}{text}" for name, text in COMMANDS.items())
    parser = Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=f"commands:\n{names}\n\n{PROGRAM} COMMAND --help tells more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=f"{PROGRAM} [options] COMMAND ...",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    _add_common(parser)
    parser.add_argument("command", nargs="?", type=_command, help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def parser_of(name: str, command: Command) -> Parser:
    """Return the parser of one command."""
    parser = Parser(
        prog=f"{PROGRAM} {name}",
        description=f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.",
        epilog=command.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    command.add_arguments(parser)
    _add_common(parser)
    if name in WITH_PROGRAM:
        parser.usage = f"{parser.format_usage().removeprefix('usage: ').rstrip()} -- PROGRAM ..."
    return parser


def _add_common(parser: Parser) -> None:
    """Add what every command takes, before its name and after."""
    parser.add_argument(
        "--config", metavar="PATH", help="the configuration file; else it is searched"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no status")
    parser.add_argument("--no-input", action="store_true", help="ask nothing; fail instead")


def _command(text: str) -> str:
    if text in COMMANDS:
        return text
    close = get_close_matches(text, COMMANDS, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    msg = f"there is no command {text!r}.{meant} The commands are {', '.join(COMMANDS)}."
    raise argparse.ArgumentTypeError(msg)
