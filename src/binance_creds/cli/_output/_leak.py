"""What a found key of your own can do: which halves are out, what the exchange says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from binance_creds.cli._input._subjects import subject_named
from binance_creds.errors import ProviderNotInstalledError
from binance_creds.runbook import runbook
from binance_creds.scan import KeyFacts

if TYPE_CHECKING:
    from argparse import Namespace

    from binance_creds.cli._input._subjects import Subject
    from binance_creds.cli._terminal import Terminal
    from binance_creds.scan import OwnKeys, Report

__all__ = ["facts_of", "leaks", "write_leaks"]

_KEY = "own-api-key"


def leaks(report: Report, own: OwnKeys, options: Namespace) -> list[dict[str, Any]]:
    """Return a row for each profile whose keys were found.

    The exchange is asked with what the profile loads, not with what was found. Of a profile that is
    only remembered, the row has what the exchange said then.
    """
    found: dict[str, set[str]] = {}
    for one in report.findings:
        if one.profile:
            found.setdefault(one.profile, set()).add(one.rule)
    subjects = {one.name: one for one in (subject_named(name, options) for name in options.own)}
    rows: list[dict[str, Any]] = []
    for profile, rules in found.items():
        subject = subjects.get(profile)
        facts = facts_of(subject, options) if subject else own.facts.get(profile)
        row = {"profile": profile, "found": sorted(rules), "first": _first(profile, rules, facts)}
        rows.append(row | (facts._asdict() if facts else {}))
    return rows


def facts_of(subject: Subject, options: Namespace) -> KeyFacts | None:
    """Return what the exchange says of a key now; `None` if it was not asked or did not answer."""
    from binance_creds.diagnosis import check  # noqa: PLC0415  # only what is found needs it

    try:
        report = check(**subject.arguments, base_url=options.base_url, is_offline=options.offline)
    except ProviderNotInstalledError:  # without httpx
        return None
    found, used = report.findings, report.credentials
    if found is None or used is None:
        return None
    permissions, ends_at = found.permissions, found.trading_ends_at
    return KeyFacts(
        fingerprint=used.fingerprint,
        permissions=None if permissions is None else tuple(sorted(permissions)),
        is_ip_restricted=found.is_ip_restricted,
        trading_ends_at=None if ends_at is None else ends_at.isoformat(timespec="seconds"),
        as_of=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def write_leaks(rows: list[dict[str, Any]], terminal: Terminal) -> None:
    """Write them as status."""
    for row in rows:
        halves = ", ".join(rule.removeprefix("own-") for rule in row["found"])
        terminal.say(f"{terminal.styled(row['profile'], 'bold')}: {halves} found")
        for label, text in _lines(row):
            terminal.say(f"  {label:<10} {text}")
        terminal.say(f"  First: {row['first']}")
        terminal.say(f"  All steps: binance-creds runbook leak {row['profile']}")


def _lines(row: dict[str, Any]) -> list[tuple[str, str]]:
    if "as_of" not in row:
        return [("may", "unknown: the exchange was not asked, or did not answer")]
    restricted = {True: "set", False: "not set: it works from anywhere", None: "unknown"}
    may = row["permissions"]
    return [
        ("key", row["fingerprint"]),
        ("may", "unknown" if may is None else ", ".join(may) or "nothing"),
        ("IP list", restricted[row["is_ip_restricted"]]),
        *([("trades to", row["trading_ends_at"])] if row["trading_ends_at"] else []),
        ("as of", row["as_of"]),
    ]


def _first(profile: str, rules: set[str], facts: KeyFacts | None) -> str:
    """Return the first step of the runbook, or its last one of the first minutes: no haste."""
    key = facts.fingerprint if facts else f"of {profile}"
    urgent = runbook("leak", profile=profile, fingerprint=key).parts[0].steps
    return urgent[-1 if rules == {_KEY} else 0].do
