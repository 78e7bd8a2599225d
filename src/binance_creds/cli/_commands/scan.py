"""`scan`: is a key where it must not be?"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Final

from binance_creds import scan
from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import add_base_url, add_offline
from binance_creds.cli._input._subjects import subject_named
from binance_creds.cli._output._leak import facts_of, leaks, write_leaks
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
It says where something is, and never what. A line with the remark `binance-creds: ignore` is left
out. Exit code 1 means a finding."""
_PAUSE_SECONDS: Final = 0.2  # between two lines of progress
_MOST_LEFT_OUT: Final = 20  # lines on a terminal; JSON has all


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `scan`."""
    _add_places(parser)
    for name, text in {
        "--own": "look for its keys in every encoding; may be repeated",
        "--remember": "keep digests of its keys for this scan and all later ones; may be repeated",
    }.items():
        parser.add_argument(name, action="append", default=[], metavar="PROFILE|SOURCE", help=text)
    known = parser.add_mutually_exclusive_group()
    for name, text in {
        "--baseline": "leave out the findings in this file",
        "--write-baseline": "write all findings into this file",
    }.items():
        known.add_argument(name, metavar="FILE", default=None, help=text)
    add_offline(parser)
    add_base_url(parser)
    parser.add_argument("--sarif", action="store_true", default=False, help="print SARIF")


def _add_places(parser: ArgumentParser) -> None:
    """Add what is scanned."""
    parser.add_argument(
        "paths",
        nargs="*",
        default=[],
        metavar="PATH",
        help="files and folders (default: this folder)",
    )
    where = parser.add_mutually_exclusive_group()
    for name, text in {
        "--stdin": "read standard input instead",
        "--staged": "what the next commit changes",
    }.items():
        where.add_argument(name, action="store_true", default=False, help=text)
    where.add_argument(
        "--history",
        nargs="?",
        const="",
        default=None,
        metavar="A..B",
        help="the whole repository of this folder, or a range of its commits",
    )


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Scan, and write what was found, what was read, and what was left out."""
    own = _own(options)
    report = _scanned(options, own, _Progress(terminal))
    terminal.progress("")
    if options.write_baseline is not None:
        scan.write_baseline(options.write_baseline, report)
        terminal.say(f"{options.write_baseline} has {len(report.findings)} findings.")
        return ExitCode.DONE
    if options.baseline is not None:
        report = report.without(scan.read_baseline(options.baseline))
    rows = leaks(report, own, options)
    if options.sarif:
        terminal.write(json.dumps(scan.sarif(report), indent=2))
    elif terminal.is_json:
        terminal.write_json(
            {
                "own": rows,
                "findings": [finding._asdict() for finding in report.findings],
                "files": report.files,
                "bytes": report.bytes,
                "left_out": [one._asdict() for one in report.left_out],
            }
        )
    else:
        _write(report, terminal)
    write_leaks(rows, terminal)
    return ExitCode.FINDING if report.findings else ExitCode.DONE


def _scanned(options: Namespace, own: scan.OwnKeys, progress: _Progress) -> scan.Report:
    named = options.stdin or options.staged or options.history is not None
    if named and options.paths:
        msg = "a path cannot be combined with --stdin, --staged or --history."
        raise ConfigurationError(msg, hint="Leave out one of them.")
    if options.stdin:
        if sys.stdin is None:
            msg = "standard input is closed."
            raise ConfigurationError(msg, hint="Name files instead.")
        return scan.stream(sys.stdin.buffer, own=own, on_progress=progress)
    if options.staged:
        return scan.staged(own=own, on_progress=progress)
    if options.history is not None:
        return scan.history(commits=options.history or None, own=own, on_progress=progress)
    return scan.paths(options.paths or ["."], own=own, on_progress=progress)


def _own(options: Namespace) -> scan.OwnKeys:
    """Return the keys that are remembered, and those of the profiles that are named."""
    for name in options.remember:
        subject = subject_named(name, options)
        scan.remember(subject.name, subject.load(), facts=facts_of(subject, options))
    keys = scan.remembered()
    for name in options.own:
        subject = subject_named(name, options)
        keys.add(subject.name, subject.load())
    return keys


def _write(report: scan.Report, terminal: Terminal) -> None:
    for one in report.findings:
        style = "red" if one.confidence == "high" else "yellow"
        commit = f"  in commit {one.commit[:12]}" if one.commit else ""
        whose = f" of {one.profile}" if one.profile else ""
        label = terminal.styled(f"{one.confidence:<6}", style)
        terminal.write(
            f"{label}  {_shown(one.path)}:{one.line}:{one.column}  {one.rule}{whose}{commit}"
        )
    for left in report.left_out[:_MOST_LEFT_OUT]:
        command = f"; read it by: {left.command}" if left.command else ""
        terminal.say(f"left out: {_shown(left.path)}: {left.reason}{_shown(command)}")
    if len(report.left_out) > _MOST_LEFT_OUT:
        terminal.say(f"left out: {len(report.left_out) - _MOST_LEFT_OUT} more; --json lists all.")
    found = "1 finding" if len(report.findings) == 1 else f"{len(report.findings)} findings"
    terminal.say(
        f"{found} in {report.files} files, {report.bytes} bytes; {len(report.left_out)} left out."
    )


def _shown(path: str) -> str:
    """Return a path without characters that a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in path)


class _Progress:
    """A line on a terminal that says how far it is."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._last = time.monotonic()

    def __call__(self, report: scan.Report) -> None:
        now = time.monotonic()
        if now - self._last > _PAUSE_SECONDS:
            self._last = now
            self._terminal.progress(f"{report.files} files, {report.bytes >> 20} MB")
