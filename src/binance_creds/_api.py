"""`load_credentials` and its siblings."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, overload

from binance_creds._cache import Cache
from binance_creds._chain import batches, load_batch, load_plan, most_serious
from binance_creds._config import plan_for
from binance_creds._deadline import DEFAULT_TIMEOUT_SECONDS, Deadline
from binance_creds._notice import warn
from binance_creds.errors import Attempt, ConfigurationError, CredentialsError
from binance_creds.providers._registry import is_local

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._enums import Environment
    from binance_creds._plan import Plan
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds._uri import SourceURI
    from binance_creds.live import LiveCredentials, Rotation

    Source = str | SourceURI | Sequence[str | SourceURI]
    Config = str | os.PathLike[str] | Mapping[str, object]
    Verifier = Callable[[Credentials], object]

__all__ = ["aload_credentials", "clear_cache", "load_credentials", "load_many"]

_CACHE: Final = Cache(load_plan)
_MANY_THREADS: Final = 8  # at once, for stores without a batch call; polite to their rate limits


@overload
def load_credentials(
    source: Source,
    *,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: Literal[False] = False,
    verify: Verifier | None = None,
) -> Credentials: ...


@overload
def load_credentials(
    source: Source,
    *,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    live: Literal[True],
    refresh: RefreshPolicy | None = None,
    verify: Verifier | None = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> LiveCredentials: ...


@overload
def load_credentials(
    source: None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: Literal[False] = False,
    verify: Verifier | None = None,
) -> Credentials: ...


@overload
def load_credentials(
    source: None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    live: Literal[True],
    refresh: RefreshPolicy | None = None,
    verify: Verifier | None = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> LiveCredentials: ...


def load_credentials(
    source: Source | None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: bool = False,
    refresh: RefreshPolicy | None = None,
    verify: Verifier | None = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> Credentials | LiveCredentials:
    """Load Binance credentials. Blocks while a source is read; cached afterwards.

    Args:
        source: where they are, such as `env://BINANCE` or `file:/run/secrets/binance`, or several
            in order. `None` takes them from the configuration, which without any file is
            `env://BINANCE`, then `dotenv:.env`.
        profile: name of a configured profile.
        config: a configuration file's path, or the configuration itself as a mapping; `None`
            searches (docs/reference/configuration.md).
        environment: `live`, `testnet` or `demo`; overrides what source and profile say.
        timeout_seconds: one deadline over all sources and retries; 30 s by default.
        fresh: bypass the cache for this call; the result is cached.
        live: return a handle that keeps itself current, instead of the credentials of now.
        refresh: how it does that; the profile's, or the defaults.
        verify: called with every pair before it becomes current, at the first load too; whatever
            it raises refuses the pair. May be a coroutine function.
        on_rotation: called after each rotation, as by `LiveCredentials.on_rotation`.

    Returns:
        Immutable credentials; the same object for every caller until the cache lets it go (five
        minutes by default) or the key changes. With `live`, a handle of the caller's own.

    Raises:
        ConfigurationError: an argument, a URI or the configuration is wrong.
        SecretNotFoundError: no source has the credentials.
        MalformedSecretError: a source holds something that is not usable.
        CredentialsError: anything else, by class; see `binance_creds.errors`.
    """
    plan = _plan(source, profile, config, environment)
    if isinstance(plan, CredentialsError):
        del source, profile, config  # a key may have been pasted where a source belongs
        raise plan
    if live:
        _warn_if_a_loop_waits(plan)
        return _with_hook(_started(plan, timeout_seconds, refresh, verify), on_rotation)
    _refuse_live_arguments(refresh, on_rotation)
    credentials = _loaded_plan(plan, timeout_seconds, fresh=fresh)
    return credentials if verify is None else _verified(credentials, verify)


@overload
async def aload_credentials(
    source: Source,
    *,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: Literal[False] = False,
    verify: Verifier | None = None,
) -> Credentials: ...


@overload
async def aload_credentials(
    source: Source,
    *,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    live: Literal[True],
    refresh: RefreshPolicy | None = None,
    verify: Verifier | None = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> LiveCredentials: ...


@overload
async def aload_credentials(
    source: None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
    live: Literal[False] = False,
    verify: Verifier | None = None,
) -> Credentials: ...


@overload
async def aload_credentials(
    source: None = None,
    *,
    profile: str | None = None,
    config: Config | None = None,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    live: Literal[True],
    refresh: RefreshPolicy | None = None,
    verify: Verifier | None = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> LiveCredentials: ...


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
    verify: Verifier | None = None,
    on_rotation: Callable[[Rotation], object] | None = None,
) -> Credentials | LiveCredentials:
    """Load Binance credentials without blocking the event loop.

    Arguments, result and errors are those of `load_credentials`; both share one cache, and a
    thread and a task that ask at the same time cause one read. Cancelling strands nobody else.
    """
    plan = _plan(source, profile, config, environment)
    if isinstance(plan, CredentialsError):
        del source, profile, config  # a key may have been pasted where a source belongs
        raise plan
    import asyncio  # noqa: PLC0415  # whoever awaits this has imported it

    if live:
        from binance_creds.live._start import astart  # noqa: PLC0415  # as in _started

        begun = await astart(_within(plan, timeout_seconds), refresh, verify)
        return _with_hook(begun, on_rotation)
    _refuse_live_arguments(refresh, on_rotation)
    credentials = None if fresh else _CACHE.peek(plan)
    if credentials is None:
        credentials = await _CACHE.aget(plan, _deadline(plan, timeout_seconds), fresh=fresh)
    if verify is None:
        return credentials
    return await asyncio.to_thread(_verified, credentials, verify)


def load_many(
    sources: Mapping[str, Source],
    *,
    environment: Environment | str | None = None,
    timeout_seconds: float | None = None,
    fresh: bool = False,
) -> dict[str, Credentials]:
    """Load many credentials at once, such as those of a thousand sub-accounts. Blocks.

    Args:
        sources: a source under each name of the caller's choice.
        environment: overrides what every source says.
        timeout_seconds: one deadline over all of them; 30 s by default.
        fresh: bypass the cache for this call.

    Returns:
        The credentials under the same names, in the same order.

    Raises:
        CredentialsError: one or more failed; of the class of the most serious failure, with an
            attempt for each. What did load stays cached.
    """
    plans: dict[str, Plan] = {}
    for name, source in sources.items():
        plan = _plan(source, None, None, environment)
        if isinstance(plan, CredentialsError):
            del source, sources  # a key may have been pasted where a source belongs
            raise plan
        plans[name] = plan
    seconds = DEFAULT_TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
    outcomes = _load_all(list(plans.values()), Deadline(seconds), fresh=fresh)
    failures = [outcome for outcome in outcomes if isinstance(outcome, CredentialsError)]
    if failures:
        attempts = [
            Attempt(f"{name}: {outcome.source or '?'}", outcome.code, outcome.message)
            for name, outcome in zip(plans, outcomes, strict=True)
            if isinstance(outcome, CredentialsError)
        ]
        raise most_serious(failures).with_attempts(attempts)
    return dict(zip(plans, outcomes, strict=True))  # type: ignore[arg-type]  # no failure is left


def clear_cache() -> None:
    """Forget all cached credentials; the next call of each reads its source again."""
    _CACHE.clear()


def _plan(
    source: Source | None,
    profile: str | None,
    config: Config | None,
    environment: Environment | str | None,
) -> Plan | CredentialsError:
    """Return the plan, or the error for a caller that first drops what it was given."""
    try:
        if type(source) is str and profile is None and config is None:
            return _plan_of_text(source, environment)
        return plan_for(source, profile=profile, config=config, environment=environment)
    except CredentialsError as error:
        return error.again()


@lru_cache(maxsize=1024)
def _plan_of_text(source: str, environment: Environment | str | None) -> Plan:
    """Remember the plans of plain URIs: they depend on nothing else, and bots repeat them."""
    return plan_for(source, profile=None, config=None, environment=environment)


def _deadline(plan: Plan, timeout_seconds: float | None) -> Deadline:
    for seconds in (timeout_seconds, plan.timeout_seconds):
        if seconds is not None:
            return Deadline(seconds)
    return Deadline()


def _load_all(
    plans: Sequence[Plan], deadline: Deadline, *, fresh: bool
) -> list[Credentials | CredentialsError]:
    found: dict[Plan, Credentials | CredentialsError] = {}
    if len(plans) > 1 and not all(_is_local(plan) for plan in plans):
        wanted = [plan for plan in plans if fresh or _CACHE.peek(plan) is None]
        for batch in batches(wanted):
            found |= _CACHE.load_ahead(batch, deadline, load_batch, fresh=fresh)
    rest = [plan for plan in dict.fromkeys(plans) if plan not in found]
    found |= zip(rest, _each(rest, deadline, fresh=fresh), strict=True)
    return [found[plan] for plan in plans]


def _each(
    plans: Sequence[Plan], deadline: Deadline, *, fresh: bool
) -> Iterable[Credentials | CredentialsError]:
    """Load plans that share no batch: side by side, unless each is as quick as a thread."""
    if len(plans) < 2 or all(_is_local(plan) for plan in plans):  # noqa: PLR2004
        return [_loaded(plan, deadline, fresh=fresh) for plan in plans]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # pulls logging in

    with ThreadPoolExecutor(min(_MANY_THREADS, len(plans))) as pool:
        return list(pool.map(lambda plan: _loaded(plan, deadline, fresh=fresh), plans))


def _loaded_plan(plan: Plan, timeout_seconds: float | None, *, fresh: bool) -> Credentials:
    if not fresh:
        cached = _CACHE.peek(plan)
        if cached is not None:
            return cached
    _warn_if_a_loop_waits(plan)
    return _CACHE.get(plan, _deadline(plan, timeout_seconds), fresh=fresh)


def _started(
    plan: Plan,
    timeout_seconds: float | None,
    refresh: RefreshPolicy | None,
    verify: Verifier | None,
) -> LiveCredentials:
    from binance_creds.live._start import start  # noqa: PLC0415  # a plain load needs none of it

    return start(_within(plan, timeout_seconds), refresh, verify)


def _within(plan: Plan, timeout_seconds: float | None) -> Plan:
    return plan if timeout_seconds is None else plan._replace(timeout_seconds=timeout_seconds)


def _with_hook(live: LiveCredentials, hook: Callable[[Rotation], object] | None) -> LiveCredentials:
    if hook is not None:
        live.on_rotation(hook)
    return live


def _verified(credentials: Credentials, verify: Verifier) -> Credentials:
    from binance_creds.live._keeper import verified  # noqa: PLC0415  # as above

    verified(credentials, verify)
    return credentials


def _refuse_live_arguments(*given: object) -> None:
    if any(argument is not None for argument in given):
        msg = "refresh and on_rotation are for live credentials."
        raise ConfigurationError(msg, hint="Write live=True as well.")


def _loaded(plan: Plan, deadline: Deadline, *, fresh: bool) -> Credentials | CredentialsError:
    try:
        return _CACHE.get(plan, deadline, fresh=fresh)
    except CredentialsError as error:
        return error.again()


def _is_local(plan: Plan) -> bool:
    return all(map(is_local, plan.sources))


def _warn_if_a_loop_waits(plan: Plan) -> None:
    """Say so when a synchronous load is about to block a running event loop."""
    asyncio = sys.modules.get("asyncio")  # a program that has not imported it has no loop
    if asyncio is None or asyncio._get_running_loop() is None or _is_local(plan):  # noqa: SLF001
        return
    warn("load_credentials() blocks the running event loop: use 'await aload_credentials()'.")
