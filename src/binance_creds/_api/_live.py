"""What `live` and `verify` add to a load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds.live import LiveCredentials, Rotation

    Verifier = Callable[[Credentials], object]

__all__ = ["Verifier", "refuse_live_arguments", "verified", "with_hook", "within"]


def refuse_live_arguments(*given: object) -> None:
    """Refuse what only live credentials have a use for.

    Raises:
        ConfigurationError: one of them is given.
    """
    if any(argument is not None for argument in given):
        msg = "refresh and on_rotation are for live credentials."
        raise ConfigurationError(msg, hint="Write live=True as well.")


def within(plan: Plan, timeout_seconds: float | None) -> Plan:
    """Return the plan with the caller's deadline, which every refresh keeps too."""
    return plan if timeout_seconds is None else plan._replace(timeout_seconds=timeout_seconds)


def with_hook(live: LiveCredentials, hook: Callable[[Rotation], object] | None) -> LiveCredentials:
    """Return the handle, with the hook that was given along."""
    if hook is not None:
        live.on_rotation(hook)
    return live


def verified(credentials: Credentials, verify: Verifier) -> Credentials:
    """Return credentials that the verifier accepts.

    Raises:
        VerificationError: it does not.
    """
    from binance_creds.live import _verifier  # noqa: PLC0415  # a plain load needs none of it

    _verifier.verified(credentials, verify)
    return credentials
