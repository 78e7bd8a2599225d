"""`rotate`: replace a key, step by step."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING, Any

from binance_creds import ConfigurationError, Secret
from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import add_base_url, add_offline, add_policy, verify_of
from binance_creds.cli._input._pair import given_pair
from binance_creds.cli._input._prompt import hidden, line

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Mapping

    from binance_creds.cli._terminal import Terminal
    from binance_creds.rotation import Event, Progress, Question, Rotation, SubAccount, Waiting

EPILOG = """\
  binance-creds rotate main --make ed25519
  binance-creds rotate main --resume
  binance-creds rotate main --abort
The store is tried first. The new pair waits where no bot reads it until the exchange has proven it;
then it takes the place of the old one, which is kept beside it until it is retired. Each step can
be repeated. The pair comes from --from, a prompt, standard input (JSON, or the API key alone where
a private key waits), --make, or --sub-account."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `rotate`."""
    parser.add_argument("target", metavar="SOURCE|PROFILE", help="whose key is replaced")
    for name, text in (
        ("resume", "go on with what is under way"),
        ("status", "say how far it is"),
        ("abort", "go back to the old pair, which is proven first"),
        ("dry-run", "try the store, write nothing, and list the steps"),
        ("yes", "answer every question by yes; what bots report still counts"),
    ):
        parser.add_argument(f"--{name}", action="store_true", default=False, help=text)
    _add_pair(parser)
    for name, default, text in (
        ("overlap", None, "how long both keys work (default: 24h)"),
        ("patience", "60s", "how long to wait for bots that report (default: 60s)"),
    ):
        parser.add_argument(f"--{name}", metavar="TIME", default=default, help=text)
    parser.add_argument(
        "--reports", metavar="PLACE", action="append", default=[],
        help="where bots say which key they use: a folder, a file, a URL of metrics",
    )  # fmt: skip
    add_policy(parser)
    add_base_url(parser)
    add_offline(parser)


def _add_pair(parser: ArgumentParser) -> None:
    """Add where the new pair comes from."""
    parser.add_argument(
        "--from", dest="path", metavar="PATH", default=None, help="read the new pair from this file"
    )
    parser.add_argument(
        "--make",
        choices=("ed25519", "rsa"),
        default=None,
        help="make a key of this type, whose private half goes into the store alone",
    )
    for name, metavar, text in (
        ("sub-account", "EMAIL", "have the exchange make the key, of this sub-account"),
        ("master", "SOURCE|PROFILE", "credentials of the master account, for --sub-account"),
    ):
        parser.add_argument(f"--{name}", metavar=metavar, default=None, help=text)
    for name, metavar, text in (
        ("permission", "PERMISSION", "what the key of the sub-account may do; may be repeated"),
        ("ip", "ADDRESS", "from where the key of the sub-account may be used; may be repeated"),
    ):
        parser.add_argument(f"--{name}", metavar=metavar, action="append", default=[], help=text)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Begin a rotation, go on with it, look at it, or go back."""
    import binance_creds  # noqa: PLC0415  # the help needs none of it

    binance_creds.harden_process()
    rotation = _rotation(options, terminal)
    if options.dry_run:
        rotation.check()
        _write_steps(terminal)
    elif options.status:
        _write(rotation.status(), options, terminal)
    elif options.abort:
        _write(rotation.abort(), options, terminal)
    else:
        _write(_carried_on(rotation, options, terminal), options, terminal)
    return ExitCode.DONE


def _rotation(options: Namespace, terminal: Terminal) -> Rotation:
    from binance_creds.rotation import Rotation  # noqa: PLC0415  # the help needs none of it

    def tell(event: Event) -> None:
        name = type(event).__name__
        if name == "StepDone":
            terminal.say(f"{event.step}: done")

    return Rotation(
        options.target,
        config=options.config,
        verify=verify_of(options, options.target),
        overlap=options.overlap,
        reports=options.reports,
        ask=_asker(options, terminal),
        sub_account=_sub_account(options),
        on_event=tell,
        patience=options.patience,
    )


def _asker(options: Namespace, terminal: Terminal) -> Callable[[Question, str], bool]:
    def ask(_: Question, text: str) -> bool:
        if options.yes:
            return True
        terminal.need_input("--yes, or name what bots report by --reports")
        return line(f"{text} (yes or no)", "no").casefold() in {"y", "yes"}

    return ask


def _sub_account(options: Namespace) -> SubAccount | None:
    if options.sub_account is None:
        return None
    if options.master is None:
        msg = "--sub-account needs a key of its master account."
        raise ConfigurationError(msg, hint="Name it: --master PROFILE")
    from binance_creds.cli._input._subjects import subject_named  # noqa: PLC0415  # few need it
    from binance_creds.exchange import SubAccountKeys  # noqa: PLC0415  # as above
    from binance_creds.rotation import SubAccount  # noqa: PLC0415  # as above

    master = subject_named(options.master, options).load()
    keys = SubAccountKeys(master, options.sub_account, base_url=options.base_url)
    return SubAccount(keys, "binance-creds", options.permission, options.ip)


def _carried_on(rotation: Rotation, options: Namespace, terminal: Terminal) -> Progress:
    """Go as far as it goes; ask for the new pair where that is missing."""
    from binance_creds import KeyType  # noqa: PLC0415  # the help needs none of it

    kind = None if options.make is None else KeyType[options.make.upper()]
    given = None if options.path is None else given_pair(options.path, terminal)
    progress = (rotation.resume if options.resume else rotation.run)(given, key_type=kind)
    waiting = progress.waiting
    if waiting is None or waiting.step != "stage" or given is not None:
        return progress
    new = _entered(waiting, terminal)
    return progress if new is None else rotation.resume(new)


def _entered(waiting: Waiting, terminal: Terminal) -> Mapping[str, Secret] | None:
    """Return the pair, or the API key of the one that waits; `None` where nothing is entered."""
    is_half = waiting.public_key is not None
    if terminal.asks:
        if not is_half:
            return given_pair(None, terminal)
        terminal.say(f"Register this public half at Binance:\n{waiting.public_key}")
        return {"api_key": hidden("API key (hidden): ")}
    text = b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    if not text.strip():
        return None
    from binance_creds.storing import pair_of_text  # noqa: PLC0415  # the help needs none of it

    return {"api_key": Secret(text)} if is_half else pair_of_text(Secret(text))


def _write(progress: Progress | None, options: Namespace, terminal: Terminal) -> None:
    if terminal.is_json:
        terminal.write_json({"rotation": None if progress is None else _row(progress)})
        return
    if progress is None:
        terminal.write("No key of this source was rotated here.")
        return
    new = progress.new or "(no new key yet)"
    terminal.write(f"{progress.target}: {progress.old} -> {new}, {progress.step.value}")
    if progress.waiting is not None:
        if progress.waiting.public_key is not None:
            terminal.write(progress.waiting.public_key.rstrip())
        terminal.write(progress.waiting.reason)
    if progress.step.value == "aborted":
        terminal.write(f"Delete the key {progress.new} at Binance." if progress.new else "")
    elif not progress.is_over:
        terminal.say(f"Then: binance-creds rotate {quote(options.target)} --resume")


def _row(progress: Progress) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(progress).items()}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _write_steps(terminal: Terminal) -> None:
    from binance_creds.rotation import Step  # noqa: PLC0415  # the help needs none of it

    steps = [step.value for step in Step][:9]
    if terminal.is_json:
        terminal.write_json({"steps": steps})
    else:
        terminal.write(f"The store takes a new pair. The steps: {', '.join(steps)}.")
