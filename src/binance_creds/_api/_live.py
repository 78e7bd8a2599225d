"""What `live` and `verify` add to a load."""

from __future__ import annotations

from functools import lru_cache

from binance_creds._time._deadline import Deadline
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    import os
    from typing import Any

    from binance_creds._api._types import Config, Verify
    from binance_creds._credentials import Credentials, Verifier
    from binance_creds._plan import Check, Plan
    from binance_creds.exchange import ExchangeCheck, Policy

__all__ = [
    "exchange_check_of",
    "refuse_misfits",
    "refuse_other_than_bool",
    "refuse_uncallable",
    "verified",
    "verifier_of",
    "with_timeout",
]


def refuse_misfits(*, live: object, fresh: object, refresh: object, on_rotation: object) -> None:
    """Refuse what does not go with `live`, or is of another kind; overloads reach the typed only.

    Raises:
        ConfigurationError: which, and what to write instead.
    """
    refuse_other_than_bool(live=live, fresh=fresh)
    if live is False:
        if refresh is not None or on_rotation is not None:
            msg = "refresh and on_rotation are for live credentials."
            raise ConfigurationError(msg, hint="Write live=True as well.")
        return
    if fresh:
        msg = "fresh is for credentials that may come from the cache; live ones never do."
        raise ConfigurationError(msg, hint="Leave it out; refresh() of the handle reads again.")
    from binance_creds._refresh_policy import RefreshPolicy  # noqa: PLC0415  # a plain load needs none of it

    if refresh is not None and not isinstance(refresh, RefreshPolicy):
        msg = f"refresh is a RefreshPolicy, not {type(refresh).__name__}."
        raise ConfigurationError(msg, hint='Write refresh=RefreshPolicy(poll="30s").')


def refuse_other_than_bool(**given: object) -> None:
    """Refuse `"no"`, which counts as true, and the like.

    Raises:
        ConfigurationError: one of them is no bool.
    """
    for name, value in given.items():
        if not isinstance(value, bool):
            msg = f"{name} is True or False, not {type(value).__name__}."
            raise ConfigurationError(msg)


def refuse_uncallable(**given: object) -> None:
    """Refuse a verifier or a hook that is none, before anything is read.

    Raises:
        ConfigurationError: one of them cannot be called.
    """
    for name, call in given.items():
        if call is None or callable(call) or (name == "verify" and isinstance(call, bool)):
            continue
        kinds = "True, False, an ExchangeCheck or " if name == "verify" else ""
        msg = f"{name} takes {kinds}a function, not {type(call).__name__}."
        raise ConfigurationError(msg)


def with_timeout(plan: Plan, timeout_seconds: float | None) -> Plan:
    """Return the plan with the caller's deadline, which every refresh keeps too.

    Raises:
        ConfigurationError: it is no time.
    """
    if timeout_seconds is None:
        return plan
    return plan.with_terms(timeout_seconds=Deadline(timeout_seconds).seconds)


def verifier_of(plan: Plan, verify: Verify) -> Verifier | None:
    """Return what tries the pairs of a load: what the call says, else what the profile says.

    Raises:
        ProviderNotInstalledError: httpx is missing, with which the exchange is asked.
    """
    if verify is False or (verify is None and plan.terms.check is None):
        return None
    if verify is None or verify is True:
        return remembered_check(plan.terms.check)
    return verify


def exchange_check_of(
    plan: Plan,
    policy: str | os.PathLike[str] | Policy | None,
    base_url: str | None,
    config: Config | None,
) -> ExchangeCheck:
    """Return a check by a policy, its name or path; without one, by the profile's.

    Raises:
        ConfigurationError: an argument is wrong.
        ProviderNotInstalledError: httpx is missing.
    """
    from binance_creds._config._listing import policies  # noqa: PLC0415  # pydantic
    from binance_creds.exchange._check import ExchangeCheck  # noqa: PLC0415  # httpx

    said: Any = plan.terms.check.policy if plan.terms.check else None
    if isinstance(policy, str):
        said = policies(config).get(policy, policy)
    elif policy is not None:
        said = policy
    return ExchangeCheck(said, base_url=base_url)


@lru_cache(maxsize=64)
def remembered_check(said: Check | None) -> ExchangeCheck:
    """Return one check for all loads that ask for the same: it learns the exchange's time."""
    from binance_creds.exchange._check import ExchangeCheck  # noqa: PLC0415  # imports httpx

    if said is None:
        return ExchangeCheck()
    policy: Any = said.policy  # as `Check.policy` says
    return ExchangeCheck(policy, when_unreachable=said.when_unreachable)


def verified(credentials: Credentials, verify: Verifier, deadline: Deadline) -> Credentials:
    """Return credentials that the verifier accepts, with what the exchange says of them.

    Raises:
        VerificationError: it does not, or a function does not answer in time.
        ProviderUnavailableError: the exchange does not answer, and `when_unreachable` is `refuse`.
    """
    from binance_creds._chain._verify import first_verified  # noqa: PLC0415  # a plain load needs none of it

    return first_verified(credentials, verify, deadline, owner=deadline)
