"""`exec`: run a program with credentials."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import binance_creds
from binance_creds import launch
from binance_creds.cli._commands._subjects import subject_named

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Mapping

    from binance_creds import Credentials
    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  binance-creds exec main -- node bot.js
  binance-creds exec --names freqtrade --on-rotation restart -- freqtrade trade

A variable on the command line is expanded by your shell before this program sees it:
write sh -c 'echo $BINANCE_API_KEY' to have the program expand it.

The exit code is that of the program; 125 if the credentials cannot be given to it, 126 if it cannot
be run, 127 if it does not exist."""

FAILED: Final = 125  # env(1) and Docker have the same three
NOT_RUN: Final = 126
ABSENT: Final = 127


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `exec`."""
    parser.add_argument("profile", nargs="?", default=None, help="a profile or a source")
    parser.add_argument(
        "--names", metavar="NAMES", default="binance",
        help="variables that it reads: binance, freqtrade, or api_key=KEY,api_secret=SECRET",
    )  # fmt: skip
    parser.add_argument(
        "--file", action="store_true", default=False,
        help="give each value as a file of memory, in NAME_FILE; Linux",
    )  # fmt: skip
    parser.add_argument(
        "--clean", action="store_true", default=False,
        help="pass no variable on but PATH, HOME, LANG, TZ and their like",
    )  # fmt: skip
    parser.add_argument(
        "--keep", metavar="NAME", action="append", default=[],
        help="pass this variable on; logins to stores are left out otherwise",
    )  # fmt: skip
    parser.add_argument(
        "--require", metavar="POLICY", default=None,
        help="start it only with a key that fits the policy, as the exchange says",
    )  # fmt: skip
    parser.add_argument(
        "--base-url", metavar="URL", default=None, help="of a proxy of your own to the exchange"
    )
    parser.add_argument(
        "--on-rotation", metavar="ACTION", default=None,
        help="restart, signal:HUP, command:... or exit; without, this process becomes the program",
    )  # fmt: skip
    parser.add_argument(
        "--before-stop", metavar="COMMAND", default=None, help="runs before the program is stopped"
    )
    parser.add_argument(
        "--splay", metavar="SECONDS", type=float, default=5.0,
        help="act on a rotation within so many seconds (5)",
    )  # fmt: skip


def run(options: Namespace, terminal: Terminal) -> int:
    """Become the program, or run it and follow rotations."""
    try:
        return _run(options, terminal)
    except binance_creds.CredentialsError as error:
        terminal.fail(error)
        return FAILED
    except FileNotFoundError:
        terminal.say(f"error: there is no program {options.after_dashes[0]!r}.")
        return ABSENT
    except OSError as error:
        terminal.say(f"error: {options.after_dashes[0]!r} cannot be run: {error.strerror}.")
        return NOT_RUN


def _run(options: Namespace, terminal: Terminal) -> int:
    if not options.after_dashes:
        msg = "no program is named."
        hint = "Write it after two dashes: binance-creds exec PROFILE -- PROGRAM ..."
        raise binance_creds.ConfigurationError(msg, hint=hint)
    subject = subject_named(options.profile, options)
    verify = _check(options)
    environ_of = partial(_environ, options, launch.variable_names(options.names), _files(options))
    if options.on_rotation is None:
        credentials = binance_creds.load_credentials(verify=verify, **subject.arguments)
        return launch.replace_process(options.after_dashes, environ_of(credentials))
    action = launch.OnRotation.parse(options.on_rotation)
    with subject.follow(verify) as live:
        return launch.Supervisor(
            live,
            options.after_dashes,
            environ_of,
            action,
            before_stop=options.before_stop,
            splay_seconds=options.splay,
            say=terminal.say,
        ).run()


def _check(options: Namespace) -> Callable[[Credentials], object] | None:
    if options.require is None:
        return None
    from binance_creds.exchange import ExchangeCheck  # noqa: PLC0415  # httpx

    return ExchangeCheck(options.require, base_url=options.base_url, when_unreachable="refuse")


def _files(options: Namespace) -> Callable[[Mapping[str, str]], dict[str, str]]:
    if not options.file:
        return dict
    return launch.MemoryFiles().variables


def _environ(
    options: Namespace,
    names: Mapping[str, str],
    files: Callable[[Mapping[str, str]], dict[str, str]],
    credentials: Credentials,
) -> dict[str, str]:
    variables = launch.variables_for(credentials, names)
    plain = {name: variables.pop(name) for name in [names.get("environment")] if name in variables}
    given = files(variables) | plain
    return launch.child_environ(os.environ, given, is_clean=options.clean, keep=options.keep)


if sys.platform == "win32":  # pragma: no cover  # which has neither process groups nor signals
    EPILOG = f"{EPILOG}\n\n--on-rotation is not available on Windows."
