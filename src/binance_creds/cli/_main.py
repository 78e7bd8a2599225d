"""`main`: from arguments to an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

import binance_creds
from binance_creds.cli._commands import WITH_PROGRAM, command_named
from binance_creds.cli._exit_codes import ExitCode, exit_code_of
from binance_creds.cli._parsers import PROGRAM, Parser, main_parser, parser_of
from binance_creds.cli._terminal import Terminal
from binance_creds.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import TextIO

    from binance_creds.cli._commands import Command

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; nothing is raised, and no traceback is shown.

    Args:
        arguments: without the name of the program; those of the process by default.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a path may hold what the locale cannot show
            stream.reconfigure(errors="backslashreplace")
    code = _written(sys.argv[1:] if arguments is None else arguments)
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:
            _discard(sys.stderr)
    return code


def _written(arguments: Sequence[str]) -> int:
    try:
        code = _ended(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # else a closed pipe is met after all handlers
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OSError as error:  # standard output: a closed pipe, a full disk
        if sys.stdout is not None:
            _discard(sys.stdout)
        return _cannot_write(error)
    return code


def _discard(stream: TextIO) -> None:
    """Send what a stream still holds nowhere; Python flushes it again, and would end with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _ended(arguments: Sequence[str]) -> int:
    try:
        return _run(arguments)
    except SystemExit as end:  # argparse: help was shown, or the usage was wrong
        return int(end.code or 0)


def _run(arguments: Sequence[str]) -> int:
    own, after = _split(arguments)
    Parser.is_json = "--json" in own
    parser = main_parser()
    options = parser.parse_args(own)
    if options.version:
        return _version(Terminal.of_process(options))
    if options.command is None:
        parser.print_help()
        return ExitCode.USAGE
    command = command_named(options.command)
    own_parser = parser_of(options.command, command)
    own_parser.parse_args(options.rest, options)
    if after and options.command not in WITH_PROGRAM:
        own_parser.error("it takes no program after two dashes")
    options.after_dashes = after
    return _carried_out(command, options)


def _version(terminal: Terminal) -> ExitCode:
    if terminal.is_json:
        terminal.write_json({PROGRAM: binance_creds.__version__})
    else:
        terminal.write(f"{PROGRAM} {binance_creds.__version__}")
    return ExitCode.DONE


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what is for this program, and what stands after two dashes."""
    given = list(arguments)
    place = given.index("--") if "--" in given else len(given)
    return given[:place], given[place + 1 :]


def _carried_out(command: Command, options: Namespace) -> int:
    terminal = Terminal.of_process(options)
    with terminal.warnings_shown():
        try:
            return command.run(options, terminal)
        except CredentialsError as error:
            terminal.end(error)
            return exit_code_of(error)
        except FileNotFoundError:
            if _has_folder():
                raise
            msg = "the working folder does not exist any more."
            terminal.end(ConfigurationError(msg, hint="Change to one that does."))
            return ExitCode.USAGE
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # a defect; its message may hold anything
            message = f"this is a defect of binance-creds: {_place_of(error)}."
            if terminal.is_json:
                terminal.write_json({"error": {"code": "defect", "message": message, "hint": None}})
            terminal.say(f"error: {message}")
            return ExitCode.DEFECT


def _cannot_write(error: OSError) -> ExitCode:
    if isinstance(error, BrokenPipeError):  # whoever read the output has had enough
        return ExitCode.CLOSED_PIPE
    with suppress(OSError):
        sys.stderr.write(f"error: the output cannot be written: {error.strerror}.\n")
    return ExitCode.UNAVAILABLE


def _has_folder() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _place_of(error: Exception) -> str:
    """Return the class of an error and where it was raised, without a value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    place = f" in {code.co_name}, {os.path.basename(code.co_filename)}" if code else ""
    return f"{type(error).__name__}{place}"
