"""`check`: would these credentials work?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from binance_creds.cli._exit_codes import ExitCode, exit_code_of
from binance_creds.cli._input._options import add_base_url, add_offline, add_policy, policy_named
from binance_creds.cli._input._subjects import add_subjects, subjects_of
from binance_creds.cli._terminal import error_row
from binance_creds.exchange._clock import how_far_off, is_wrong

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal
    from binance_creds.diagnosis import CheckReport

EPILOG = """\
  binance-creds check main --policy spot-trading
  binance-creds check --all --quiet              for cron: exit code 5 means that a key is due soon

The exchange gets one signed request that reads, and one for the rights of the key."""

_STYLES = {"proven": "green", "not asked": "green", "undecided": "yellow"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `check`."""
    add_subjects(parser)
    add_offline(parser)
    add_policy(parser)
    add_base_url(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Check each; the exit code is that of the first that is not good, else 5 if one is due."""
    from binance_creds.diagnosis import check  # noqa: PLC0415  # the help needs none of it

    policy = policy_named(options.policy, options)
    reports: dict[str, CheckReport] = {}
    for subject in subjects_of(options):
        reports[subject.name] = check(
            **subject.arguments,
            policy=policy,
            base_url=options.base_url,
            is_offline=options.offline,
        )
        if not terminal.is_json:
            _write(subject.name, reports[subject.name], terminal)
    if terminal.is_json:
        terminal.write_json({"checks": [_row(name, each) for name, each in reports.items()]})
    return _code(list(reports.values()))


def _code(reports: list[CheckReport]) -> ExitCode:
    errors = [report.error for report in reports if report.error is not None]
    if errors:
        return exit_code_of(errors[0])
    return ExitCode.DUE if any(report.warnings for report in reports) else ExitCode.DONE


def _write(name: str, report: CheckReport, terminal: Terminal) -> None:
    verdict = report.verdict.value
    shown = terminal.styled(verdict, _STYLES.get(verdict, "red"))
    terminal.write(f"{terminal.styled(name, 'bold')}: {shown}")
    for label, text in _lines(report):
        terminal.write(f"  {label:<12} {text}")
    if report.error is not None:
        terminal.fail(report.error, about=name)


def _lines(report: CheckReport) -> list[tuple[str, str]]:
    used, found = report.credentials, report.findings
    if used is None:
        return [("looked in", source) for source in report.looked]
    lines = [
        ("source", used.origin),
        ("key", f"{used.fingerprint} ({used.key_type.value}), it signs"),
        ("environment", used.environment.value),
    ]
    if found is not None:
        lines += [
            ("may", _rights(found.permissions)),
            ("IP list", {None: "unknown", True: "set", False: "not set"}[found.is_ip_restricted]),
        ]
        if (offset := found.clock_offset_seconds) is not None and is_wrong(offset):
            lines.append(("clock", f"{how_far_off(offset)} the exchange's: set it, as by NTP"))
    if used.created_at is not None:
        lines.append(("created", f"{used.created_at:%Y-%m-%d}"))
    if used.rotate_by is not None:
        lines.append(("rotate by", f"{used.rotate_by:%Y-%m-%d}"))
    lines += [("warning", text) for text in report.warnings]
    return lines + [("note", text) for text in report.notes]


def _rights(permissions: frozenset[str] | None) -> str:
    if permissions is None:
        return "unknown: the exchange does not say it here"
    return ", ".join(sorted(permissions)) or "nothing"


def _row(name: str, report: CheckReport) -> dict[str, Any]:
    used, found, error = report.credentials, report.findings, report.error
    permissions = found.permissions if found else None
    return {
        "name": name,
        "verdict": report.verdict.value,
        "looked": list(report.looked),
        "source": used and used.origin,
        "fingerprint": used and used.fingerprint,
        "environment": used and used.environment.value,
        "permissions": None if permissions is None else sorted(permissions),
        "is_ip_restricted": found.is_ip_restricted if found else None,
        "clock_offset_seconds": found.clock_offset_seconds if found else None,
        "created_at": _iso(used and used.created_at),
        "rotate_by": _iso(used and used.rotate_by),
        "warnings": list(report.warnings),
        "notes": list(report.notes),
        "error": error and error_row(error),
    }


def _iso(date: Any) -> str | None:
    return None if date is None else str(date.isoformat())
