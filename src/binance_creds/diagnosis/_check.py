"""`check`: would these credentials work? Whether they sign, and what the exchange says of them."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from binance_creds import load_credentials
from binance_creds._api._live import exchange_check_of
from binance_creds._api._plans import deadline_of, planned
from binance_creds.diagnosis._dates import warnings_of
from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    import os

    from binance_creds import Config, Credentials, Source
    from binance_creds._plan import Plan
    from binance_creds.exchange import ExchangeCheck, Findings, Policy

__all__ = ["CheckReport", "Verdict", "check"]

_PROBE = b"timestamp=0"


class Verdict(Enum):
    """What came of a check."""

    PROVEN = "proven"
    NOT_ASKED = "not asked"
    UNDECIDED = "undecided"
    REFUSED = "refused"
    NOT_LOADED = "not loaded"


class CheckReport(NamedTuple):
    """What a check found; nothing here is secret.

    Attributes:
        verdict: what came of it.
        looked: the sources, redacted, in the order in which they are tried.
        credentials: what was loaded, with what the exchange said of it; `None` if nothing was.
        findings: what the exchange said of the key; `None` if it said nothing.
        notes: what the policy and the load recommend.
        warnings: what is due now or soon: a rotation, the end of a right to trade.
        error: why it is not good, with hint and code.
    """

    verdict: Verdict
    looked: tuple[str, ...]
    credentials: Credentials | None = None
    findings: Findings | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: CredentialsError | None = None


def check(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    policy: str | os.PathLike[str] | Policy | None = None,
    base_url: str | None = None,
    timeout_seconds: float | None = None,
    is_offline: bool = False,
) -> CheckReport:
    """Load credentials anew, sign with them, and ask the exchange about them. Blocks.

    Args:
        source: as for `load_credentials`.
        profile: as for `load_credentials`.
        config: as for `load_credentials`.
        policy: what the key may and must not be able to do: the name of a packaged policy or of one
            of the configuration, a path, or a `Policy`; the profile's by default.
        base_url: as for `ExchangeCheck`.
        timeout_seconds: one deadline over the load; the check has its own.
        is_offline: do not ask the exchange.

    Returns:
        A report; what is wrong with the credentials is in it and not raised.

    Raises:
        ConfigurationError: an argument or the configuration is wrong.
        ProviderNotInstalledError: httpx is not installed, with which the exchange is asked.
    """
    plan = planned(source, profile, config, None)
    if isinstance(plan, CredentialsError):
        del source, profile, config  # a key may have been pasted where these belong
        raise plan
    looked = tuple(uri.redacted for uri in plan.sources)
    asking = None if is_offline else exchange_check_of(plan, policy, base_url, config)
    try:
        loaded = load_credentials(
            source, profile=profile, config=config, timeout_seconds=timeout_seconds,
            fresh=True, verify=False,
        )  # fmt: skip
        loaded.sign(_PROBE)
    except CredentialsError as error:
        return CheckReport(Verdict.NOT_LOADED, looked, error=error.again())
    report = CheckReport(Verdict.NOT_ASKED, looked, loaded, notes=loaded.explain().notes)
    if asking is not None:
        report = _asked(report, loaded, asking, plan)
    assert report.credentials is not None  # noqa: S101  # they were loaded
    return report._replace(warnings=warnings_of(report.credentials, time.time()))


def _asked(
    report: CheckReport, loaded: Credentials, asking: ExchangeCheck, plan: Plan
) -> CheckReport:
    from binance_creds._chain._verify import verified  # noqa: PLC0415  # with the above alone

    try:
        findings = asking.examine(loaded)
        dated = verified(loaded, asking, deadline_of(plan, None), owner=report)
    except ProviderUnavailableError as error:
        return report._replace(verdict=Verdict.UNDECIDED, error=error.again())
    except CredentialsError as error:
        return report._replace(verdict=Verdict.REFUSED, error=error.again())
    notes = (*report.notes, *asking.notes(findings))
    return report._replace(
        verdict=Verdict.PROVEN, credentials=dated, findings=findings, notes=notes
    )
