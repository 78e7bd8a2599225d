"""The target of a write: its plan, its store, and what it holds before anything is written."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._api._live import exchange_check_of
from binance_creds._api._plans import deadline_of, planned
from binance_creds._raw import RawSecret
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    ConfigurationError,
    ConflictError,
    CredentialsError,
    MalformedSecretError,
    SecretNotFoundError,
)
from binance_creds.providers._options import distrusted_target
from binance_creds.providers._protocols import Probe, Provider, Store, StoreCheck
from binance_creds.providers._registry import provider_for
from binance_creds.signers._fingerprint import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds import Config
    from binance_creds._plan import Plan
    from binance_creds._time._deadline import Deadline
    from binance_creds.exchange import ExchangeCheck, Policy

__all__ = [
    "INCOMPLETE",
    "Held",
    "check_for",
    "check_target",
    "held_by",
    "opened",
    "plan_of",
    "refuse_distrusted",
    "refuse_unread",
]

INCOMPLETE: Final = "incomplete"
"""What `replace` names where there is no API key."""

_NOTHING: Final = frozenset({"empty", "no_fields"})  # reasons of a text that may take a pair


class Held(NamedTuple):
    """What a store holds; nothing here is secret.

    Attributes:
        target: the store, redacted.
        fingerprint: of the API key; `None` where there is none that can be read.
        version: as the store names it; of one that names none, it holds in this process alone.
    """

    target: str
    fingerprint: str | None
    version: str | None


def check_target(
    target: str | SourceURI,
    *,
    replace: str | None = None,
    config: Config | None = None,
    timeout_seconds: float | None = None,
) -> Held | None:
    """Find out whether `put` could write into a target, and write nothing. Blocks.

    The permission to write is asked for where the store tells it (files, AWS, Azure, GCP, Vault).

    Args:
        target: as for `put`.
        replace: as for `put`.
        config: as for `put`.
        timeout_seconds: over all of it.

    Returns:
        What is there, or `None`.

    Raises:
        ConfigurationError: an argument is wrong, or the store cannot be written.
        ConflictError: it holds something that `replace` does not name.
        AccessDeniedError: this identity may not write.
        CredentialsError: the store failed.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    deadline = deadline_of(plan, timeout_seconds)
    with opened(plan) as (uri, provider, _):
        held = held_by(provider, uri, deadline)
        refuse_unread(held, replace, uri)
        if isinstance(provider, StoreCheck):
            provider.check_store(deadline)
    return held


def check_for(
    target: str | SourceURI,
    *,
    policy: str | os.PathLike[str] | Policy | None = None,
    base_url: str | None = None,
    config: Config | None = None,
) -> ExchangeCheck:
    """Return what proves a pair for a target, to be passed to `put` as `verify`.

    Args:
        target: as for `put`.
        policy: what the key may and must not be able to do: the name of a packaged policy or of one
            of the configuration, a path, or a `Policy`; the profile's by default.
        base_url: as for `ExchangeCheck`.
        config: as for `put`.

    Raises:
        ConfigurationError: an argument is wrong.
        ProviderNotInstalledError: httpx is not installed, with which the exchange is asked.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    return exchange_check_of(plan, policy, base_url, config)


def plan_of(target: str | SourceURI, config: Config | None) -> Plan | CredentialsError:
    """Return the plan of a source or a profile, or the error for a caller to raise."""
    if isinstance(target, str) and ":" not in target:  # no source is without, no profile has one
        return planned(None, target, config, None)
    return planned(target, None, None, None)


@contextmanager
def opened(plan: Plan) -> Iterator[tuple[SourceURI, Provider, Store]]:
    """Give the one source of a plan, its provider, and that as a store.

    Raises:
        ConfigurationError: the plan has several sources, this one cannot be written, or it says
            whose store it is, and is of a configuration that was merely found.
    """
    (place, *others) = plan.candidates
    if others or not isinstance(place, SourceURI):
        msg = "the profile has several sources."
        raise ConfigurationError(msg, hint="Name the one to write.")
    refuse_distrusted(plan)
    provider = provider_for(place)
    try:
        if not isinstance(provider, Store):
            msg = f"sources of {place.scheme!r} cannot be written."
            raise ConfigurationError(msg, source=place.redacted)
        yield place, provider, provider
    finally:
        provider.close()


def refuse_distrusted(plan: Plan) -> None:
    """Refuse to write into the store of whoever wrote a configuration that was merely found.

    Raises:
        ConfigurationError: its source says whose store it is.
    """
    for uri in plan.sources if plan.terms.is_found else ():
        found = distrusted_target(uri, os.environ)
        if found is not None:
            msg = (
                f"{found.what} decides {found.decides}. A profile that was only found in the"
                " working directory may not say that: it may have come with a repository."
            )
            way = f"Set {found.variable} to your own, or name" if found.variable else "Name"
            hint = f"{way} the target by its source, or the configuration: config=..., --config."
            raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def held_by(provider: Provider, uri: SourceURI, deadline: Deadline) -> Held | None:
    """Return what a store holds, also where that is damaged and the store names its version."""
    try:
        found = provider.fetch(deadline)
    except SecretNotFoundError:
        return None
    except MalformedSecretError as error:
        if error.reason in _NOTHING and not isinstance(provider, Probe):
            return None
        if not isinstance(provider, Probe):
            raise
    else:
        assert isinstance(found, RawSecret)  # noqa: S101  # no version was known
        key = found.fields.get("api_key")
        return Held(uri.redacted, None if key is None else fingerprint_of(key), found.version)
    return Held(uri.redacted, None, provider.probe(deadline).name)


def refuse_unread(held: Held | None, replace: str | None, uri: SourceURI) -> None:
    """Refuse to replace what the caller has not named.

    Raises:
        ConflictError: what is there is not what `replace` names.
    """
    if held is None:
        if replace is None:
            return
        msg = "it holds nothing that could be replaced, and nothing was written."
        hint = "Leave out `replace` (--replace), or correct the target."
    else:
        name = held.fingerprint or INCOMPLETE
        if replace is not None and replace in {name, held.version}:
            return
        what = f"the key {name}" if held.fingerprint else "an incomplete pair"
        msg = f"it holds {what}, and nothing was written."
        hint = f"To replace it, name {name} by `replace` (--replace)."
    raise ConflictError(msg, source=uri.redacted, hint=hint)
