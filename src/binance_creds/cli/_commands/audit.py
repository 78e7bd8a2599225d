"""`audit`: look after the record of what was done with credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds import audit
from binance_creds.cli._exit_codes import ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
Lines that were cut off at the end are seen only by somebody who knows the head: keep what the log
or this command shows, and give it by --head."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `audit`."""
    parser.add_argument("action", choices=["verify"], help="find what was changed")
    parser.add_argument("path", metavar="FILE", help="the newest file of the audit")
    parser.add_argument(
        "--key-file", metavar="PATH", default=None, help="key of the audit (default: FILE.key)"
    )
    parser.add_argument(
        "--head", metavar="NUMBER:CODE", default=None, help="head of an earlier run, kept elsewhere"
    )


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Verify the files of one audit."""
    report = audit.verify(options.path, key_file=options.key_file, head=options.head)
    if terminal.is_json:
        terminal.write_json({"audit": {**report._asdict(), "head": str(report.head)}})
    else:
        for problem in report.problems:
            terminal.write(f"{terminal.styled('problem', 'red')}  {problem}")
        for note in report.notes:
            terminal.write(f"note     {note}")
        files = "1 file" if len(report.files) == 1 else f"{len(report.files)} files"
        verdict = "whole" if report.is_whole else "not whole"
        terminal.write(f"{report.lines} lines in {files}, {verdict}; head {report.head}")
    return ExitCode.DONE if report.is_whole else ExitCode.FINDING
