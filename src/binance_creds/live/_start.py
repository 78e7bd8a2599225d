"""From a plan to live credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._threads._daemons import acalled
from binance_creds.live._handle import LiveCredentials
from binance_creds.live.run._clock import seconds
from binance_creds.live.run._hooks import Hooks
from binance_creds.live.run._subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Verifier
    from binance_creds._plan import Plan
    from binance_creds.live._values import Rotation

    RotationHook = Callable[[Rotation], object]

__all__ = ["start"]


def start(
    plan: Plan,
    policy: RefreshPolicy | None,
    verify: Verifier | None,
    on_rotation: RotationHook | None,
) -> LiveCredentials:
    """Load a plan for the first time, and begin to keep it current. Blocks until it is loaded.

    Raises:
        CredentialsError: it cannot be loaded, or the verifier refuses it.
    """
    hooks = _hooks(on_rotation)
    return LiveCredentials(_subject(plan, policy, verify), hooks)


async def astart(
    plan: Plan,
    policy: RefreshPolicy | None,
    verify: Verifier | None,
    on_rotation: RotationHook | None,
) -> LiveCredentials:
    """Do what `start` does in a thread; what listens to a signal is made in that of the caller.

    Raises:
        CredentialsError: as `start` does.
    """
    hooks = _hooks(on_rotation)  # in the loop in which a coroutine function is to run
    used = _policy(plan, policy)
    if not any(text.startswith("signal:") for text in used.push):
        return await acalled(lambda: LiveCredentials(_subject(plan, used, verify), hooks))
    return LiveCredentials(await acalled(lambda: _subject(plan, used, verify)), hooks)


def _hooks(on_rotation: RotationHook | None) -> Hooks:
    hooks = Hooks()
    if on_rotation is not None:
        hooks.add(on_rotation)
    return hooks


def _subject(plan: Plan, policy: RefreshPolicy | None, verify: Verifier | None) -> Subject:
    return Subject(plan, _policy(plan, policy), verify, clock=seconds)


def _policy(plan: Plan, policy: RefreshPolicy | None) -> RefreshPolicy:
    return policy or plan.refresh or RefreshPolicy()
