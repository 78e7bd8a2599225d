"""`diagnose`: everything on the way from the sources to the exchange, each with its fix."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Final

from binance_creds import RefreshPolicy, load_credentials
from binance_creds._api._plans import deadline_of, planned
from binance_creds._uri import SourceURI
from binance_creds.diagnosis._check import Verdict, check
from binance_creds.diagnosis._finding import Finding, Severity
from binance_creds.diagnosis._sources import findings_at
from binance_creds.errors import CredentialsError, CredentialsWarning
from binance_creds.exchange._clock import how_far_off, is_wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds import Config, LiveCredentials, Source
    from binance_creds._plan import Plan
    from binance_creds.diagnosis._check import CheckReport

__all__ = ["diagnose"]

_PUSH_SECONDS: Final = 5.0  # for a push source to connect
_LOOK_SECONDS: Final = 0.05
_NEVER: Final = float("inf")
_EXCHANGE: Final = "exchange"
_CHANGES: Final = "change detection"


def diagnose(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    base_url: str | None = None,
    timeout_seconds: float | None = None,
    is_offline: bool = False,
) -> tuple[Finding, ...]:
    """Look at each source, at how changes would be noticed, and ask the exchange. Blocks.

    Args:
        source: as for `load_credentials`.
        profile: as for `load_credentials`.
        config: as for `load_credentials`.
        base_url: as for `ExchangeCheck`.
        timeout_seconds: for each source.
        is_offline: do not ask the exchange.

    Raises:
        ConfigurationError: an argument or the configuration is wrong.
        ProviderNotInstalledError: httpx is not installed, with which the exchange is asked.
    """
    plan = planned(source, profile, config, None)
    if isinstance(plan, CredentialsError):
        del source, profile, config  # a key may have been pasted where these belong
        raise plan
    found = _of_sources(plan, timeout_seconds)
    with warnings.catch_warnings():  # of sources, which are among the findings
        warnings.simplefilter("ignore", CredentialsWarning)
        report = check(
            source, profile=profile, config=config, base_url=base_url,
            timeout_seconds=timeout_seconds, is_offline=is_offline,
        )  # fmt: skip
        is_said = any(finding.severity is Severity.PROBLEM for finding in found)
        if not (is_said and report.verdict is Verdict.NOT_LOADED):  # by the same source
            found += _of_exchange(report)
        if _is_program(plan) and not _push_of(plan):
            is_watched = plan.unasked_seconds < _NEVER
            found += _of_names(("poll",) if is_watched else (), _poll_seconds(plan))
        elif report.verdict is not Verdict.NOT_LOADED:
            with load_credentials(
                source, profile=profile, config=config, timeout_seconds=timeout_seconds,
                live=True, verify=False,
            ) as live:  # fmt: skip
                found += _of_changes(live, _push_of(plan), _poll_seconds(plan))
    return tuple(found)


def _of_sources(plan: Plan, timeout_seconds: float | None) -> list[Finding]:
    found: list[Finding] = []
    for number, uri in enumerate(plan.sources, start=1):
        found += findings_at(
            uri,
            deadline_of(plan, timeout_seconds),
            poll_seconds=_poll_seconds(plan),
            is_last=number == len(plan.sources),
            reads=not _is_program(plan),
        )
    return found


def _push_of(plan: Plan) -> tuple[str, ...]:
    return (plan.terms.refresh or RefreshPolicy()).push


def _poll_seconds(plan: Plan) -> float:
    return max((plan.terms.refresh or RefreshPolicy()).poll_seconds, plan.unasked_seconds)


def _of_exchange(report: CheckReport) -> Iterator[Finding]:
    if report.error is not None:
        is_about_load = report.verdict is Verdict.NOT_LOADED
        yield Finding.of_error(report.error, _loaded_from(report) if is_about_load else _EXCHANGE)
    pair, findings = report.credentials, report.findings
    if pair is not None and pair.signed_by is not None:
        yield Finding("key", Severity.GOOD, f"it stays at {pair.signed_by}, and has signed there.")
    if findings is not None:
        yield Finding(_EXCHANGE, Severity.GOOD, "key and secret belong together.")
        offset = findings.clock_offset_seconds
        if offset is not None and is_wrong(offset):
            text = f"this machine's clock is {how_far_off(offset)} the exchange's."
            yield Finding(_EXCHANGE, Severity.WARNING, text, "Set the clock, for instance by NTP.")
    for text in report.warnings:
        yield Finding("key", Severity.WARNING, f"{text}.")
    for text in report.notes:
        yield Finding("key", Severity.NOTE, text)


def _loaded_from(report: CheckReport) -> str:
    """Return what a load failed at: a signer by its name, as no finding before is about it."""
    source = report.error and report.error.source
    return source if source and source not in report.looked else "load"


def _of_changes(
    live: LiveCredentials, push: tuple[str, ...], poll_seconds: float
) -> Iterator[Finding]:
    names = _listening(live, len(push))
    status = live.status()
    if status.is_pinned:
        text = "the source names one version, so a rotation is not noticed."
        yield Finding(_CHANGES, Severity.NOTE, text, "Leave the version out to follow rotations.")
        return
    yield from _of_names(names, poll_seconds)
    if len(push) > len([name for name in names if name not in {"files", "stat", "poll"}]):
        sources = [SourceURI.parse(text) for text in push]
        silent = [uri.redacted for uri in sources if uri.scheme not in names]
        which = ", ".join(silent) or "one of the push sources"
        text = f"{which} did not connect within {_PUSH_SECONDS:g} s."
        fix = "The log of binance_creds.live says why; polling goes on."
        yield Finding(_CHANGES, Severity.WARNING, text, fix)


def _of_names(names: tuple[str, ...], poll_seconds: float) -> Iterator[Finding]:
    if not names:
        text = "a program is run only where it is asked to: refresh(), a rejected key."
        fix = "Set `poll` in its table if it never prompts, or name a push source."
        yield Finding(_CHANGES, Severity.NOTE, text, fix)
        return
    polls = f"; polls come every {poll_seconds:g} s" if "poll" in names else ""
    yield Finding(_CHANGES, Severity.GOOD, f"by {', '.join(names)}{polls}.")


def _is_program(plan: Plan) -> bool:
    """Return whether the only source is a program, which may ask for a password at each run."""
    return [uri.scheme for uri in plan.sources] == ["command"]


def _listening(live: LiveCredentials, wanted: int) -> tuple[str, ...]:
    """Return how changes are noticed, once every push source is heard or has had its time."""
    until = time.monotonic() + _PUSH_SECONDS
    while True:
        names = live.status().change_sources
        heard = [name for name in names if name not in {"files", "stat", "poll"}]
        if len(heard) >= wanted or time.monotonic() > until:
            return names
        time.sleep(_LOOK_SECONDS)
