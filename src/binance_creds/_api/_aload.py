"""`aload_credentials`: the same, awaitable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from binance_creds._api._age import warn_if_due
from binance_creds._api._live import (
    refuse_misfits,
    refuse_uncallable,
    verified,
    verifier_of,
    with_timeout,
)
from binance_creds._api._plans import deadline_of, planned
from binance_creds._api._process_cache import CACHE
from binance_creds._threads._daemons import acalled
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._api._types import Config, Source, Verify
    from binance_creds._credentials import Credentials, Verifier
    from binance_creds._enums import Environment
    from binance_creds._plan import Plan
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds._time._deadline import Deadline
    from binance_creds.live import LiveCredentials, Rotation

__all__ = ["aload_credentials"]


@overload
async def aload_credentials(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: Literal[False] = False,
    verify: Verify = None,
) -> Credentials: ...


@overload
async def aload_credentials(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    live: Literal[True],
    refresh: RefreshPolicy | None = None,
    verify: Verify = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> LiveCredentials: ...


@overload
async def aload_credentials(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: bool,
    refresh: RefreshPolicy | None = None,
    verify: Verify = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> Credentials | LiveCredentials: ...


async def aload_credentials(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: bool = False,
    refresh: RefreshPolicy | None = None,
    verify: Verify = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> Credentials | LiveCredentials:
    """Load Binance credentials without blocking the event loop.

    Arguments, result and errors are those of `load_credentials`; both share one cache, and a
    thread and a task that ask at the same time cause one read. Cancelling strands nobody else.
    """
    plan = planned(source, profile, config, environment)
    if isinstance(plan, CredentialsError):
        del source, profile, config, environment  # a key may have been pasted where these belong
        raise plan
    refuse_misfits(live=live, fresh=fresh, refresh=refresh, on_rotation=on_rotation)
    refuse_uncallable(verify=verify, on_rotation=on_rotation)
    verifier = verifier_of(plan, verify)
    if live:
        return await _started(plan, timeout_seconds, refresh, verifier, on_rotation)
    if verifier is None:
        return await _loaded(plan, timeout_seconds, fresh=fresh)
    deadline = deadline_of(plan, timeout_seconds)  # of both
    return await _verified(await _loaded(plan, timeout_seconds, fresh=fresh), verifier, deadline)


async def _loaded(plan: Plan, timeout_seconds: float | None, *, fresh: bool) -> Credentials:
    cached = None if fresh else CACHE.peek(plan)
    if cached is not None:
        return cached
    deadline = deadline_of(plan, timeout_seconds)
    return warn_if_due(await CACHE.aget(plan, deadline, fresh=fresh))


async def _started(
    plan: Plan,
    timeout_seconds: float | None,
    refresh: RefreshPolicy | None,
    verify: Verifier | None,
    on_rotation: Callable[[Rotation], object] | None,
) -> LiveCredentials:
    from binance_creds.live._start import astart  # noqa: PLC0415  # a plain load needs none of it

    return await astart(with_timeout(plan, timeout_seconds), refresh, verify, on_rotation)


async def _verified(credentials: Credentials, verify: Verifier, deadline: Deadline) -> Credentials:
    return warn_if_due(await acalled(lambda: verified(credentials, verify, deadline)))
