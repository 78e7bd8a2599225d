"""From a plan to live credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._threads._daemons import acalled
from binance_creds.live._handle import LiveCredentials
from binance_creds.live.run._clock import seconds
from binance_creds.live.run._subject import Subject

if TYPE_CHECKING:
    from binance_creds._chain._verify import Verifier
    from binance_creds._plan import Plan

__all__ = ["start"]


def start(plan: Plan, policy: RefreshPolicy | None, verify: Verifier | None) -> LiveCredentials:
    """Load a plan for the first time, and begin to keep it current. Blocks until it is loaded.

    Raises:
        CredentialsError: it cannot be loaded, or the verifier refuses it.
    """
    policy = policy or plan.refresh or RefreshPolicy()
    return LiveCredentials(Subject(plan, policy, verify, clock=seconds))


async def astart(
    plan: Plan, policy: RefreshPolicy | None, verify: Verifier | None
) -> LiveCredentials:
    """Do what `start` does in a thread; what listens to a signal is made in that of the caller.

    Raises:
        CredentialsError: as `start` does.
    """
    policy = policy or plan.refresh or RefreshPolicy()
    if not any(text.startswith("signal:") for text in policy.push):
        return await acalled(lambda: start(plan, policy, verify))
    subject = await acalled(lambda: Subject(plan, policy, verify, clock=seconds))
    return LiveCredentials(subject)
