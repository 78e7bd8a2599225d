"""`load_credentials`: the one function."""

from __future__ import annotations

import sys

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
from binance_creds._typing import TYPE_CHECKING, overload
from binance_creds._warnings import warn_if_a_loop_waits
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from binance_creds._api._types import Config, Source, Verify
    from binance_creds._credentials import Credentials, Verifier
    from binance_creds._enums import Environment
    from binance_creds._plan import Plan
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds.live import LiveCredentials, Rotation

__all__ = ["load_credentials", "load_of_data"]


@overload
def load_credentials(
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
def load_credentials(
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
def load_credentials(
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
    verify: Verify = None,
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
        environment: `live`, `testnet`, `demo` or `us`; overrides what source and profile say.
        timeout_seconds: one deadline over all sources and retries; 30 s by default.
        fresh: bypass the cache for this call; the result is cached.
        live: return a handle that keeps itself current, instead of the credentials of now.
        refresh: how it does that; the profile's, or the defaults.
        verify: True asks the exchange about every pair before it becomes current, at the first load
            too, once a day and process: whether key and secret belong together and to the
            environment, and whether the key fits the policy of the profile, if it has one. An
            `ExchangeCheck` has a policy of its own; False asks nothing; None is what the profile
            says. Or a function, which is called with the pair: whatever it raises refuses it, and
            so does no answer until the deadline. It runs in a thread, and may be a coroutine
            function.
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
    plan = planned(source, profile, config, environment)
    if isinstance(plan, CredentialsError):
        del source, profile, config, environment  # a key may have been pasted where these belong
        raise plan
    is_plain = live is False and verify is None and refresh is None and on_rotation is None
    if is_plain and plan.terms.check is None and (fresh is False or fresh is True):
        cached = None if fresh else CACHE.peek(plan)
        return cached or _read(plan, timeout_seconds, fresh=fresh)
    refuse_misfits(live=live, fresh=fresh, refresh=refresh, on_rotation=on_rotation)
    refuse_uncallable(verify=verify, on_rotation=on_rotation)
    verifier = verifier_of(plan, verify)
    if live:
        timed = with_timeout(plan, timeout_seconds)
        return _started(timed, refresh, verifier, on_rotation)
    deadline = deadline_of(plan, timeout_seconds)  # of reading and verifying
    cached = None if fresh else CACHE.peek(plan)
    found = cached or _read(plan, timeout_seconds, fresh=fresh)
    return found if verifier is None else warn_if_due(verified(found, verifier, deadline))


def load_of_data(source: str, *, live: bool) -> Credentials | LiveCredentials:
    """Load from a source that is data of the program: a line of a file, a field of a document.

    It counts as found, not as named: the data may have come with a repository, or in a request.

    Raises:
        CredentialsError: as `load_credentials`, or it says what only a named source may.
    """
    plan = planned(source, None, None, None)
    if isinstance(plan, CredentialsError):
        del source  # a key may have been pasted there
        raise plan
    from binance_creds._config._trust import refuse_distrusted_data  # noqa: PLC0415  # as in `_started`

    refuse_distrusted_data(plan)
    plan = plan.with_terms(is_found=True)
    return _started(plan, None, None, None) if live else _read(plan, None, fresh=False)


def _read(plan: Plan, timeout_seconds: float | None, *, fresh: bool) -> Credentials:
    _warn_if_a_loop_waits(plan)
    loaded = CACHE.get(plan, deadline_of(plan, timeout_seconds), fresh=fresh)
    return loaded if loaded.rotate_by is None else warn_if_due(loaded)


def _started(
    plan: Plan,
    refresh: RefreshPolicy | None,
    verify: Verifier | None,
    on_rotation: Callable[[Rotation], object] | None,
) -> LiveCredentials:
    _warn_if_a_loop_waits(plan)
    from binance_creds.live._start import start  # noqa: PLC0415  # a plain load needs none of it

    return start(plan, refresh, verify, on_rotation)


def _warn_if_a_loop_waits(plan: Plan) -> None:
    """Say so when a synchronous load is about to block a running event loop."""
    if "asyncio" in sys.modules and not plan.is_local:
        warn_if_a_loop_waits("load_credentials", "aload_credentials")
