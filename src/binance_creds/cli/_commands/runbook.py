"""`runbook`: what to do in an emergency, with what is known of the key."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._input._options import add_base_url, add_offline
from binance_creds.cli._input._subjects import subject_named

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal
    from binance_creds.runbook import Runbook

EPILOG = """\
  binance-creds runbook leak main

With a profile or a source, it asks the exchange what the key may do, and fills the commands in.
An emergency waits for nothing: what cannot be found out is left out."""

_WIDEST = 100


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `runbook`."""
    parser.add_argument(
        "name", nargs="?", default=None, help="leak, leaver, third-party or rotation"
    )
    parser.add_argument(
        "profile", metavar="PROFILE|SOURCE", nargs="?", default=None, help="whose key it is about"
    )
    add_offline(parser)
    add_base_url(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """List all, or write one."""
    from binance_creds.runbook import runbook, runbook_names  # noqa: PLC0415  # the help needs none

    if options.name is None:
        every = [runbook(name) for name in runbook_names()]
        if terminal.is_json:
            terminal.write_json({"runbooks": [{"name": o.name, "title": o.title} for o in every]})
        for one in () if terminal.is_json else every:
            terminal.write(f"{terminal.styled(f'{one.name:<12}', 'bold')} {one.title}")
        return ExitCode.DONE
    runbook(options.name)  # a wrong name is told before anything is asked
    known, facts = _known(options)
    found = runbook(options.name, **known)
    if terminal.is_json:
        terminal.write_json({"runbook": _row(found), "key": facts})
    else:
        _write(found, facts, terminal)
    return ExitCode.DONE


def _known(options: Namespace) -> tuple[dict[str, str], dict[str, str]]:
    """Return what fills the gaps, and what is known of the key, label by label."""
    if options.profile is None:
        return {}, {}
    from binance_creds.diagnosis import check  # noqa: PLC0415  # as above

    subject = subject_named(options.profile, options)
    report = check(**subject.arguments, base_url=options.base_url, is_offline=options.offline)
    facts = {"profile": subject.name}
    used, found = report.credentials, report.findings
    if used is not None:
        facts |= {"key": used.fingerprint, "source": used.origin}
    if found is not None and found.permissions is not None:
        facts["may"] = ", ".join(sorted(found.permissions)) or "nothing"
        facts["IP list"] = "set" if found.is_ip_restricted else "not set: it works from anywhere"
    if report.error is not None:
        facts["unknown"] = report.error.message
    known = {"profile": subject.name}
    return known if used is None else known | {"fingerprint": used.fingerprint}, facts


def _write(found: Runbook, facts: dict[str, str], terminal: Terminal) -> None:
    width = min(terminal.width, _WIDEST)
    terminal.write(terminal.styled(found.title, "bold"))
    terminal.write(textwrap.fill(found.summary, width))
    for label, text in facts.items():
        terminal.write(f"  {label:<12} {text}")
    number = 0
    for part in found.parts:
        terminal.write(f"\n{terminal.styled(part.title, 'bold')}")
        for step in part.steps:
            number += 1
            first = f"{number:>3}. "
            terminal.write(
                textwrap.fill(step.do, width, initial_indent=first, subsequent_indent="     ")
            )
            if step.command:
                terminal.write(f"     $ {step.command}")


def _row(found: Runbook) -> dict[str, object]:
    parts = [
        {"title": part.title, "steps": [step._asdict() for step in part.steps]}
        for part in found.parts
    ]
    return {"name": found.name, "title": found.title, "summary": found.summary, "parts": parts}
