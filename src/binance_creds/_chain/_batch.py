"""Read many plans in as few requests as their stores allow."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from binance_creds._chain._values import Loaded, Seen
from binance_creds._chain._walk import built, outside_signer_of, whole
from binance_creds._plan import SplitPair
from binance_creds._recorded import record
from binance_creds.errors import CredentialsError
from binance_creds.providers._protocols import BatchFetch
from binance_creds.providers._registry import ask_provider, provider_for

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._raw import RawSecret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider

__all__ = ["batch_key", "batches", "load_batch", "refresh_batch"]


def batches(plans: Iterable[Plan]) -> list[list[Plan]]:
    """Return groups of two or more plans that their store reads together.

    Only plans of one whole source; what is wrong with one is left for its own load to tell.
    """
    groups: dict[Hashable, list[Plan]] = {}
    for plan in dict.fromkeys(plans):
        key = batch_key(plan, {})
        if key is not None:
            groups.setdefault(key, []).append(plan)
    return [group for group in groups.values() if len(group) > 1]


def batch_key(plan: Plan, opened: Mapping[SourceURI, Provider]) -> Hashable | None:
    """Return what plans share that their store reads together; `None` is read alone.

    Args:
        plan: what is read.
        opened: providers that are there already.
    """
    if len(plan.candidates) != 1 or plan.is_local:
        return None
    (uri,) = plan.candidates
    return None if isinstance(uri, SplitPair) else ask_provider(uri, _key_of, opened)


def _key_of(provider: Provider) -> Hashable | None:
    if not isinstance(provider, BatchFetch) or provider.batch_key is None:
        return None
    return type(provider), provider.batch_key


def load_batch(
    plans: Sequence[Plan], deadline: Deadline
) -> Mapping[Plan, Credentials | CredentialsError]:
    """Return what the sources of a group of `batches` hold; blocks until the deadline."""
    try:
        found: Sequence[Loaded | CredentialsError] = refresh_batch(plans, deadline)
    except CredentialsError as error:
        _record(plans, [error] * len(plans))
        raise
    _record(plans, found)
    return {
        plan: outcome.credentials if isinstance(outcome, Loaded) else outcome
        for plan, outcome in zip(plans, found, strict=True)
    }


def _record(plans: Sequence[Plan], outcomes: Sequence[Loaded | CredentialsError]) -> None:
    for plan, outcome in zip(plans, outcomes, strict=True):
        if isinstance(outcome, Loaded):
            record("load", profile=plan.terms.profile, credentials=outcome.credentials)
        else:
            record("load", outcome.code, profile=plan.terms.profile, source=outcome.source)


def refresh_batch(plans: Sequence[Plan], deadline: Deadline) -> list[Loaded | CredentialsError]:
    """Return for each plan of a batch, in order, what its source holds, or why it cannot tell."""
    with ExitStack() as opened:
        providers = [_opened(plan, opened) for plan in plans]
        usable: list[Any] = [one for one in providers if not isinstance(one, CredentialsError)]
        found = usable[0].fetch_many(usable, deadline) if usable else ()
        read = zip(usable, found, strict=True)
        raws = [one if isinstance(one, CredentialsError) else next(read)[1] for one in providers]
    return [_built(raw, plan, deadline) for plan, raw in zip(plans, raws, strict=True)]


def _opened(plan: Plan, opened: ExitStack) -> Provider | CredentialsError:
    """Return the provider of a plan of a batch, closed with the stack, or why there is none."""
    (uri,) = plan.sources
    try:
        return opened.enter_context(closing(provider_for(uri)))
    except CredentialsError as error:
        return error.again()


def _built(
    raw: RawSecret | CredentialsError, plan: Plan, deadline: Deadline
) -> Loaded | CredentialsError:
    if isinstance(raw, CredentialsError):
        return raw
    try:
        credentials = built(whole(raw), plan, deadline)
    except CredentialsError as error:
        return error.again()
    return Loaded(credentials, Seen(0, raw.version, raw.created_at, outside_signer_of(credentials)))
