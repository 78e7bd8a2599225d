"""What a found key of your own can do: which halves are out, what the exchange says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from binance_creds.cli._commands._subjects import subject_named

if TYPE_CHECKING:
    from argparse import Namespace

    from binance_creds.cli._terminal import Terminal
    from binance_creds.diagnosis import CheckReport
    from binance_creds.scan import Report

__all__ = ["leaks", "write_leaks"]

_KEY = "own-api-key"
_ALONE = "The API key alone signs nothing: look for its secret, and replace both when you can."
_FIRST = (
    "First: delete the key at Binance (API Management), which stops it at once; look at open"
    " orders, withdrawals and other keys; then put a new pair into the store."
)


def leaks(report: Report, options: Namespace) -> list[dict[str, Any]]:
    """Return a row for each profile whose keys were found.

    The exchange is asked with what the profile loads, not with what was found.
    """
    found: dict[str, set[str]] = {}
    for one in report.findings:
        if one.profile:
            found.setdefault(one.profile, set()).add(one.rule)
    loaded = {subject.name: subject for subject in _named(options)}
    return [
        {"profile": profile, "found": sorted(rules), "first": _ALONE if rules == {_KEY} else _FIRST}
        | (_facts(loaded[profile].arguments, options) if profile in loaded else {})
        for profile, rules in found.items()
    ]


def write_leaks(rows: list[dict[str, Any]], terminal: Terminal) -> None:
    """Write them as status."""
    for row in rows:
        halves = ", ".join(rule.removeprefix("own-") for rule in row["found"])
        terminal.say(f"{terminal.styled(row['profile'], 'bold')}: {halves} found")
        if row.get("permissions") is not None:
            terminal.say(f"  may        {', '.join(row['permissions']) or 'nothing'}")
            terminal.say(f"  IP list    {'set' if row['is_ip_restricted'] else 'not set'}")
        for text in row.get("warnings", ()):
            terminal.say(f"  warning    {text}")
        terminal.say(f"  {row['first']}")


def _named(options: Namespace) -> list[Any]:
    return [subject_named(name, options) for name in (*options.own, *options.remember)]


def _facts(arguments: dict[str, Any], options: Namespace) -> dict[str, Any]:
    from binance_creds.diagnosis import check  # noqa: PLC0415  # only what is found needs it

    report: CheckReport = check(**arguments, base_url=options.base_url, is_offline=options.offline)
    found, used = report.findings, report.credentials
    permissions = found.permissions if found else None
    return {
        "fingerprint": used and used.fingerprint,
        "permissions": None if permissions is None else sorted(permissions),
        "is_ip_restricted": found.is_ip_restricted if found else None,
        "warnings": list(report.warnings),
    }
