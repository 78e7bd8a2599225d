"""`exec`: run a program with credentials."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

import binance_creds
from binance_creds import launch
from binance_creds.cli._input._options import add_base_url, policy_named
from binance_creds.cli._input._subjects import subject_named

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

Without --on-rotation this process becomes the program, and keeps the credentials of its start.
The exit code is that of the program; 125 if the credentials cannot be given to it, 126 if it cannot
be run, 127 if it does not exist."""

FAILED: Final = 125  # env(1) and Docker have the same three
NOT_RUN: Final = 126
ABSENT: Final = 127


_FLAGS: Final = {
    "file": "give values in memory files, with the path in NAME_FILE (Linux)",
    "clean": "pass on only PATH, HOME, LANG, TZ and the like",
}
_VALUES: Final = {
    "require": ("POLICY", "start it only if the exchange confirms that the key fits this policy"),
    "on-rotation": ("ACTION", "what to do on a rotation: restart, signal:HUP, command:... or exit"),
    "before-stop": ("COMMAND", "run this before the program is stopped for a rotation"),
}  # fmt: skip


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `exec`."""
    parser.add_argument(
        "profile", metavar="PROFILE|SOURCE", nargs="?", default=None,
        help="a profile or a source; without it, what load_credentials() loads",
    )  # fmt: skip
    names = "variables it reads: binance (default), freqtrade, or api_key=KEY,api_secret=SECRET"
    parser.add_argument("--names", default="binance", help=names)
    for name, text in _FLAGS.items():
        parser.add_argument(f"--{name}", action="store_true", default=False, help=text)
    keep = "pass on this variable, which --clean or the default leaves out"
    parser.add_argument("--keep", metavar="NAME", action="append", default=[], help=keep)
    for name, (value, text) in _VALUES.items():
        parser.add_argument(f"--{name}", metavar=value, default=None, help=text)
    splay = "act on a rotation after a random part of this time (default: 5)"
    parser.add_argument("--splay", metavar="SECONDS", type=float, default=5.0, help=splay)
    add_base_url(parser)


def run(options: Namespace, terminal: Terminal) -> int:
    """Become the program, or run it and follow rotations."""
    try:
        return _run(options, terminal)
    except binance_creds.CredentialsError as error:
        terminal.end(error)
        return FAILED
    except FileNotFoundError:
        msg = f"there is no program {options.after_dashes[0]!r}."
        terminal.end(binance_creds.ConfigurationError(msg))
        return ABSENT
    except OSError as error:
        msg = f"{options.after_dashes[0]!r} cannot be run: {error.strerror}."
        terminal.end(binance_creds.ConfigurationError(msg))
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

    policy = policy_named(options.require, options)
    return ExchangeCheck(policy, base_url=options.base_url, when_unreachable="refuse")


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
