"""From a plan to live credentials."""

from __future__ import annotations

import os
from functools import cache

from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._threads._daemons import acalled
from binance_creds._time._clock import seconds
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError
from binance_creds.live._handle import LiveCredentials
from binance_creds.live.files._paths import looked_at
from binance_creds.live.run._hooks import Hooks
from binance_creds.live.run._subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds._credentials import Verifier
    from binance_creds._plan import Plan
    from binance_creds.live._values import Rotation

    RotationHook = Callable[[Rotation], object]

__all__ = ["start"]

STATUS_VARIABLE: Final = "BINANCE_CREDS_STATUS_DIR"


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
    return _started(plan, policy, verify, _hooks(on_rotation))


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
        return await acalled(lambda: _started(plan, used, verify, hooks))
    return LiveCredentials(await acalled(lambda: _subject(plan, used, verify)), hooks)


def _started(
    plan: Plan, policy: RefreshPolicy | None, verify: Verifier | None, hooks: Hooks
) -> LiveCredentials:
    before = looked_at(plan.sources)
    return LiveCredentials(_subject(plan, policy, verify), hooks, before)


def _hooks(on_rotation: RotationHook | None) -> Hooks:
    hooks = Hooks()
    if on_rotation is not None:
        hooks.add(on_rotation)
    return hooks


def _subject(plan: Plan, policy: RefreshPolicy | None, verify: Verifier | None) -> Subject:
    status_dir = _status_dir(plan)
    subject = Subject(plan, _policy(plan, policy), verify, clock=seconds)
    subject.status_dir = status_dir
    return subject


def _status_dir(plan: Plan) -> str | None:
    """Return the folder that a variable names, else the profile."""
    path = os.path.expanduser(os.environ.get(STATUS_VARIABLE) or plan.terms.status_dir or "")
    if path and not os.path.isabs(path):
        msg = (
            f"the folder of the status file, `{STATUS_VARIABLE}` or `status_dir`, is not absolute."
        )
        raise ConfigurationError(msg, hint="Write the whole path, such as /run/bots.")
    return path or None


def _policy(plan: Plan, policy: RefreshPolicy | None) -> RefreshPolicy:
    return policy or plan.terms.refresh or _usual_policy()


@cache
def _usual_policy() -> RefreshPolicy:
    return RefreshPolicy()
