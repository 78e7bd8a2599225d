"""`doctor`: everything between the sources and the exchange, each finding with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.cli._exit_codes import ExitCode, exit_code_of_code
from binance_creds.cli._input._options import add_base_url, add_offline
from binance_creds.cli._input._subjects import add_subjects, subjects_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal
    from binance_creds.diagnosis import Finding

EPILOG = """\
It reads each source, asks who logs in and with which permissions, looks whether a change would be
noticed, and asks the exchange. Nothing is written anywhere."""

_STYLES = {"good": "green", "note": "dim", "warning": "yellow", "problem": "red"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `doctor`."""
    add_subjects(parser)
    add_offline(parser)
    add_base_url(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Diagnose each; the exit code is that of the first problem, else 1 if there is a warning."""
    from binance_creds.diagnosis import diagnose  # noqa: PLC0415  # the help needs none of it

    found: dict[str, tuple[Finding, ...]] = {}
    for subject in subjects_of(options):
        found[subject.name] = diagnose(
            **subject.arguments, base_url=options.base_url, is_offline=options.offline
        )
        if not terminal.is_json:
            terminal.write(terminal.styled(subject.name, "bold"))
            for finding in found[subject.name]:
                _write(finding, terminal)
    if terminal.is_json:
        rows = [
            {"name": name, "findings": [_row(finding) for finding in each]}
            for name, each in found.items()
        ]
        terminal.write_json({"diagnoses": rows})
    return _code([finding for each in found.values() for finding in each])


def _write(finding: Finding, terminal: Terminal) -> None:
    word = finding.severity.value
    label = terminal.styled(f"{word:<8}", _STYLES[word])
    terminal.write(f"  {label} {finding.about}: {finding.text}")
    if finding.fix:
        terminal.write(f"  {'':<8} fix: {finding.fix}")


def _row(finding: Finding) -> dict[str, str | None]:
    return {
        "about": finding.about,
        "severity": finding.severity.value,
        "text": finding.text,
        "fix": finding.fix,
        "code": finding.code,
    }


def _code(findings: list[Finding]) -> ExitCode:
    problems = [finding for finding in findings if finding.severity.value == "problem"]
    if problems:
        return exit_code_of_code(problems[0].code)
    has_warnings = any(finding.severity.value == "warning" for finding in findings)
    return ExitCode.FINDING if has_warnings else ExitCode.DONE
