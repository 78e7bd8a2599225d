"""`init`: set a project up."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import binance_creds
from binance_creds import ConfigurationError
from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._prompt import line

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal
    from binance_creds.scaffold import FileChange, Setup

EPILOG = """\
  binance-creds init                                  asks where the key will be
  binance-creds init dotenv:.env --environment testnet
  binance-creds init aws-sm://prod/bot --policy spot-trading --yes
It writes a profile into binance-creds.toml (or into pyproject.toml, where that has our table),
.gitignore, and .env.example; or into the file of --config. What is there stays; it shows what it
will add, and asks. A source that says where a login goes, or which program runs, goes into your
own configuration. No key is asked for, and none is written: `put` does that."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `init`."""
    parser.add_argument(
        "source", metavar="SOURCE", nargs="?", default=None, help="where the key is or will be"
    )
    parser.add_argument(
        "--profile", metavar="NAME", default="main", help="name of the profile (main)"
    )
    parser.add_argument(
        "--environment", choices=["live", "testnet", "demo", "us"], default=None, help="of the key"
    )
    parser.add_argument(
        "--policy", metavar="NAME", default=None, help="policy that the key must fit"
    )
    parser.add_argument(
        "--program",
        metavar="'ARGV'",
        default="",
        help="of a command: source, such as 'pass show binance'",
    )
    parser.add_argument(
        "--dry-run", action="store_true", default=False, help="only show the changes"
    )
    parser.add_argument(
        "-y", "--yes", action="store_true", default=False, help="write without asking"
    )


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Show what will be written, ask, and write it."""
    from binance_creds import scaffold  # noqa: PLC0415  # the help needs none of it

    setup = _setup(options, terminal)
    changes = scaffold.changes_for(setup, config=options.config)
    if not terminal.is_json:
        _show(changes, terminal)
    if changes and not options.dry_run:
        if not options.yes:
            _ask(terminal)
        scaffold.write(changes)
    if terminal.is_json:
        terminal.write_json({"files": [_row(each, options) for each in changes]})
    else:
        terminal.say(_told(changes, setup, options))
    return ExitCode.DONE


def _show(changes: tuple[FileChange, ...], terminal: Terminal) -> None:
    for change in changes:
        terminal.write(change.diff)
        if change.hides is not None:
            terminal.say(f"note: {change.hides} is not read here once {change.path} exists.")


def _setup(options: Namespace, terminal: Terminal) -> Setup:
    from binance_creds.scaffold import Setup  # noqa: PLC0415  # as above

    source: str | None = options.source
    if source is None:
        terminal.need_input("SOURCE")
        source = _source(terminal)
        _ask_the_rest(source, options, terminal)
    try:
        argv = tuple(shlex.split(options.program))
    except ValueError:
        msg = "the program has a quote that is not closed."
        raise ConfigurationError(msg, hint="Quote it as for a shell.") from None
    return Setup(source, options.profile, options.environment, options.policy, argv)


def _ask_the_rest(source: str, options: Namespace, terminal: Terminal) -> None:
    """Ask for what no option has answered."""
    if source.startswith("command:") and not options.program:
        options.program = line("Program that prints the credentials", "pass show binance")
    if options.environment is None:
        options.environment = line("Environment: live, testnet, demo or us", "live")
    if options.policy is None:
        terminal.say(f"A policy says what the key may do, and is checked: {_policies(options)}.")
        options.policy = line("Policy; Enter for none") or None


def _policies(options: Namespace) -> str:
    try:
        known = binance_creds.policies(options.config)
    except binance_creds.CredentialsError:  # the configuration that is named does not exist yet
        known = binance_creds.policies({})
    return ", ".join(known)


def _source(terminal: Terminal) -> str:
    from binance_creds.scaffold import store_choices  # noqa: PLC0415  # as above

    terminal.say("Where will the key be?")
    for number, store in enumerate(store_choices(), 1):
        terminal.say(f"  {number}  {store.title:<42} {store.source}")
    answer = line("Number", "1")
    if answer not in {str(number) for number in range(1, len(store_choices()) + 1)}:
        msg = f"the answer is no number from 1 to {len(store_choices())}."
        raise ConfigurationError(msg, hint="Try again, or give the source as an argument.")
    return line("Source", store_choices()[int(answer) - 1].source)


def _ask(terminal: Terminal) -> None:
    if terminal.is_json:
        raise ConfigurationError("--json asks nothing.", hint="Answer by --yes, or --dry-run.")
    terminal.need_input("--yes, or --dry-run")
    if line("Write this? yes or no", "no") not in {"y", "yes"}:
        msg = "nothing was written."
        raise ConfigurationError(msg, hint="Answer yes, or give --yes.")


def _row(change: FileChange, options: Namespace) -> dict[str, object]:
    return {
        "path": change.path,
        "is_new": change.before is None,
        "is_written": not options.dry_run,
        "diff": change.diff,
        "hides": change.hides,
    }


def _told(changes: tuple[FileChange, ...], setup: Setup, options: Namespace) -> str:
    from binance_creds.scaffold import store_choices  # noqa: PLC0415  # as above

    if options.dry_run:
        return "nothing was written (--dry-run)"
    config = f" --config {shlex.quote(options.config)}" if options.config else ""
    scheme = setup.source.partition(":")[0]
    is_writable = any(store.scheme == scheme and store.is_writable for store in store_choices())
    put = f"binance-creds put{config} {setup.profile}, then " if is_writable else ""
    done = "written" if changes else "all of it is there already"
    return f"{done}; next: {put}binance-creds check{config} {setup.profile}"
