"""The parsers: one of the command line, and one of the command that is called.

`argparse` starts in a quarter of the time of the libraries over it.
"""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import suppress
from difflib import get_close_matches
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Final, NoReturn

from binance_creds.cli._commands import COMMANDS, WITH_PROGRAM
from binance_creds.cli._terminal import Terminal

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from binance_creds.cli._commands import Command

__all__ = ["PROGRAM", "Parser", "main_parser", "parser_of"]

PROGRAM: Final = "binance-creds"
_USAGE: Final = 2  # the exit code of a wrong call
_NARROWEST: Final = 30  # columns that a help is laid out for
_LONG: Final = re.compile(r"[A-Za-z0-9+/=_-]{24,}")  # may be a key that was pasted
_DESCRIPTION: Final = (
    "Binance API credentials: where they are, whether they work, what they may do."
)


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat nothing that may be a key.

    Attributes:
        is_json: whether errors are a document of `--json`, too.
    """

    is_json = False

    def error(self, message: str) -> NoReturn:
        """End with code 2, and say how the command is called."""
        said = _LONG.sub("(hidden)", message)
        if self.is_json:
            document = {"code": "invalid_argument", "message": said, "hint": f"{self.prog} --help"}
            Terminal(sys.stdout or StringIO(), StringIO(), {}).write_json({"error": document})
        # Up to Python 3.11.4 `argparse` ends with another code where this cannot be written.
        with suppress(OSError, AttributeError):
            sys.stderr.write(f"{self.format_usage()}{self.prog}: error: {said}\n")
        raise SystemExit(_USAGE)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help; a full disk is an error, which `argparse` passes over."""
        stream = file or sys.stdout
        if stream is not None:
            stream.write(self.format_help())

    def format_help(self) -> str:
        """Return the help, with its last part as wide as the rest."""
        self.description = _filled(self.description or "")
        self.epilog = _filled(self.epilog or "")
        return super().format_help()


def _filled(text: str) -> str:
    """Return a text whose paragraphs fit the terminal; examples, which are indented, stay."""
    from shutil import get_terminal_size  # noqa: PLC0415  # for the help alone
    from textwrap import wrap  # noqa: PLC0415  # as above

    width = max(get_terminal_size().columns - 2, _NARROWEST)
    parts: list[str] = []
    for is_example, lines in groupby(text.splitlines(), lambda line: line.startswith(" ")):
        if is_example:
            parts.append("\n".join(lines))
        else:
            for is_text, paragraph in groupby(lines, bool):
                if is_text:
                    parts.append("\n".join(wrap(" ".join(paragraph), width)))
    return "\n\n".join(parts).replace(":\n\n ", ":\n ")


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
        "--config", metavar="PATH", help="configuration file (default: the nearest one)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no status")
    parser.add_argument("--no-input", action="store_true", help="ask nothing; fail instead")


def _command(text: str) -> str:
    if text in COMMANDS:
        return text
    close = get_close_matches(text, COMMANDS, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    msg = f"there is no command {text!r}.{meant} The commands are {', '.join(COMMANDS)}."
    raise argparse.ArgumentTypeError(msg)
