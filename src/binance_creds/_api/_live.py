"""What `live` and `verify` add to a load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._time._deadline import Deadline
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials, Verifier
    from binance_creds._plan import Plan

__all__ = ["refuse_misfits", "refuse_uncallable", "verified", "with_timeout"]


def refuse_misfits(*, live: object, fresh: object, refresh: object, on_rotation: object) -> None:
    """Refuse what does not go with `live`, or is of another kind; overloads reach the typed only.

    Raises:
        ConfigurationError: which, and what to write instead.
    """
    if live is False:
        if refresh is not None or on_rotation is not None:
            msg = "refresh and on_rotation are for live credentials."
            raise ConfigurationError(msg, hint="Write live=True as well.")
        return
    if live is not True:
        msg = f"live is True or False, not {type(live).__name__}."
        raise ConfigurationError(msg)
    if fresh:
        msg = "fresh is for credentials that may come from the cache; live ones never do."
        raise ConfigurationError(msg, hint="Leave it out; refresh() of the handle reads again.")
    from binance_creds._refresh_policy import RefreshPolicy  # noqa: PLC0415  # a plain load needs none of it

    if refresh is not None and not isinstance(refresh, RefreshPolicy):
        msg = f"refresh is a RefreshPolicy, not {type(refresh).__name__}."
        raise ConfigurationError(msg, hint='Write refresh=RefreshPolicy(poll="30s").')


def refuse_uncallable(**given: object) -> None:
    """Refuse a verifier or a hook that is none, before anything is read.

    Raises:
        ConfigurationError: one of them cannot be called.
    """
    for name, call in given.items():
        if call is not None and not callable(call):
            msg = f"{name} takes a function, not {type(call).__name__}."
            raise ConfigurationError(msg)


def with_timeout(plan: Plan, timeout_seconds: float | None) -> Plan:
    """Return the plan with the caller's deadline, which every refresh keeps too.

    Raises:
        ConfigurationError: it is no time.
    """
    if timeout_seconds is None:
        return plan
    return plan._replace(timeout_seconds=Deadline(timeout_seconds).seconds)


def verified(credentials: Credentials, verify: Verifier, deadline: Deadline) -> Credentials:
    """Return credentials that the verifier accepts, with what the exchange says of them.

    Raises:
        VerificationError: it does not, or a function does not answer in time.
        ProviderUnavailableError: the exchange does not answer, and `when_unreachable` is `refuse`.
    """
    from binance_creds._chain._verify import first_verified  # noqa: PLC0415  # a plain load needs none of it

    return first_verified(credentials, verify, deadline, owner=deadline)
