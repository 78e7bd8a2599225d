"""`load_many`: a thousand sub-accounts in as few requests as their stores allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from binance_creds._api._age import warn_if_due
from binance_creds._api._live import refuse_other_than_bool
from binance_creds._api._plans import planned
from binance_creds._api._process_cache import CACHE
from binance_creds._chain import most_serious
from binance_creds._chain._batch import batches, load_batch
from binance_creds._threads._daemons import called_side_by_side
from binance_creds._time._deadline import DEFAULT_TIMEOUT_SECONDS, Deadline
from binance_creds.errors import Attempt, ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from binance_creds._api._types import Source
    from binance_creds._credentials import Credentials
    from binance_creds._enums import Environment
    from binance_creds._plan import Plan

__all__ = ["load_many"]

_THREADS: Final = 8  # at once, for stores without a batch call; polite to their rate limits


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
    plans = _planned(sources, environment)
    if isinstance(plans, CredentialsError):
        del sources, environment  # a key may have been pasted where these belong
        raise plans
    refuse_other_than_bool(fresh=fresh)
    seconds = DEFAULT_TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
    outcomes = _load_all(list(plans.values()), Deadline(seconds), fresh=fresh)
    found = dict(zip(plans, outcomes, strict=True))
    failures = {n: one for n, one in found.items() if isinstance(one, CredentialsError)}
    if failures:
        raise _of_all(failures)
    for one in found.values():
        warn_if_due(one)  # type: ignore[arg-type]  # as below
    return found  # type: ignore[return-value]  # no failure is among them


def _planned(
    sources: Mapping[str, Source], environment: Environment | str | None
) -> dict[str, Plan] | CredentialsError:
    """Return the plans, or the error for a caller that first drops what it was given."""
    if not isinstance(sources, Mapping):
        msg = f"sources is a mapping of names to sources, not {type(sources).__name__}."  # type: ignore[unreachable]  # untyped callers
        return ConfigurationError(msg, hint='Write {"main": "env://BINANCE"}.')
    plans: dict[str, Plan] = {}
    for name, source in sources.items():
        if source is None:
            msg = f"{name!r} has no source."  # type: ignore[unreachable]  # untyped callers
            return ConfigurationError(msg, hint='Write {"main": "env://BINANCE"}.')
        plan = planned(source, None, None, environment)
        if isinstance(plan, CredentialsError):
            return plan
        plans[name] = plan
    return plans


def _of_all(failures: Mapping[str, CredentialsError]) -> CredentialsError:
    """Return the error that tells of each by the caller's name."""
    attempts = [
        Attempt(f"{name}: {failure.source or '?'}", failure.code, failure.message)
        for name, failure in failures.items()
    ]
    return most_serious([*failures.values()]).with_attempts(attempts)


def _load_all(
    plans: Sequence[Plan], deadline: Deadline, *, fresh: bool
) -> list[Credentials | CredentialsError]:
    """Load plans, of which some may be equal; what fails is in the list too."""
    found: dict[Plan, Credentials | CredentialsError] = {}
    if len(plans) > 1 and not all(plan.is_local for plan in plans):
        wanted = [plan for plan in plans if fresh or CACHE.peek(plan) is None]
        for batch in batches(wanted):
            found |= CACHE.load_ahead(batch, deadline, load_batch, fresh=fresh)
    rest = [plan for plan in dict.fromkeys(plans) if plan not in found]
    found |= zip(rest, _each(rest, deadline, fresh=fresh), strict=True)
    return [found[plan] for plan in plans]


def _each(
    plans: Sequence[Plan], deadline: Deadline, *, fresh: bool
) -> Iterable[Credentials | CredentialsError]:
    """Load plans that share no batch: side by side, unless each is as quick as a thread."""
    if len(plans) < 2 or all(plan.is_local for plan in plans):  # noqa: PLR2004
        return [_loaded(plan, deadline, fresh=fresh) for plan in plans]
    return called_side_by_side(
        lambda plan: _loaded(plan, deadline, fresh=fresh), plans, most_threads=_THREADS
    )


def _loaded(plan: Plan, deadline: Deadline, *, fresh: bool) -> Credentials | CredentialsError:
    try:
        return CACHE.get(plan, deadline, fresh=fresh)
    except CredentialsError as error:
        return error.again()
