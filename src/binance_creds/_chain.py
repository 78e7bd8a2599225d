"""One load: try the candidates in order until one has the credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from binance_creds._parse._build import build_credentials
from binance_creds._plan import Candidate
from binance_creds._raw import VALUE, RawSecret, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers._protocols import BatchFetch, LoggedIn, VersionFetch
from binance_creds.providers._registry import is_local, provider_for

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._deadline import Deadline
    from binance_creds._plan import Plan
    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider

__all__ = ["Asked", "Loaded", "Seen", "batch_key", "batches", "load_batch", "load_plan",
           "most_serious", "refresh_batch", "refresh_plan"]  # fmt: skip

_SERIOUSNESS: Final = (
    SecretNotFoundError,
    ProviderUnavailableError,
    MalformedSecretError,
    SecretDisabledError,
    AuthenticationError,
    AccessDeniedError,
    ProviderNotInstalledError,
    ConfigurationError,
)


class Seen(NamedTuple):
    """What was read last, so that reading it again can be spared.

    Attributes:
        candidate: its position in the plan.
        version: as the source named it; `None` if it has none.
        created_at: when that version was written, if the store tells.
    """

    candidate: int
    version: str | None
    created_at: datetime | None = None


class Loaded(NamedTuple):
    """Credentials, and what to remember of their source."""

    credentials: Credentials
    seen: Seen


class Asked(NamedTuple):
    """How a plan is read again.

    Attributes:
        seen: what the caller holds.
        announced: the version that is said to be current now.
        with_new_login: whether logins of before are forgotten.
        opened: providers to use again, by source, left open; `None` opens and closes its own.
    """

    seen: Seen | None = None
    announced: str | None = None
    with_new_login: bool = False
    opened: dict[SourceURI, Provider] | None = None


def load_plan(plan: Plan, deadline: Deadline) -> Credentials:
    """Return the credentials of the first candidate that has them; blocks until the deadline.

    Only "definitely not here" moves on to the next candidate; "unavailable" does too where the
    plan says so. A denied production secret never falls through to an old `.env`.

    Raises:
        CredentialsError: of the class of the most serious failure, with every attempt.
    """
    loaded = refresh_plan(plan, deadline, Asked())
    assert isinstance(loaded, Loaded)  # noqa: S101  # nothing was seen that could be unchanged
    return loaded.credentials


def refresh_plan(plan: Plan, deadline: Deadline, asked: Asked) -> Loaded | Unchanged:
    """Do what `load_plan` does, and spare what was seen before.

    Raises:
        CredentialsError: as `load_plan` does.
    """
    failures: list[CredentialsError] = []
    for position, candidate in enumerate(plan.candidates):
        seen = asked.seen if asked.seen and asked.seen.candidate == position else None
        try:
            raw = _fetch(candidate, deadline, asked._replace(seen=seen))
            if isinstance(raw, Unchanged):
                return raw
            tried = [failure.as_attempt() for failure in failures]
            credentials = build_credentials(raw, plan, loaded_at=datetime.now(UTC), attempts=tried)
            return Loaded(credentials, Seen(position, raw.version, raw.created_at))
        except CredentialsError as error:
            failures.append(error.again())
        if not moves_on(failures[-1], plan):
            break
    raise _exhausted(failures)


def batches(plans: Iterable[Plan]) -> list[list[Plan]]:
    """Return groups of two or more plans that their store reads together.

    Only plans of one whole source; what is wrong with one is left for its own load to tell.
    """
    groups: dict[Hashable, list[Plan]] = {}
    for plan in dict.fromkeys(plans):
        key = batch_key(plan)
        if key is not None:
            groups.setdefault(key, []).append(plan)
    return [group for group in groups.values() if len(group) > 1]


def load_batch(
    plans: Sequence[Plan], deadline: Deadline
) -> Mapping[Plan, Credentials | CredentialsError]:
    """Return what the sources of a group of `batches` hold; blocks until the deadline."""
    found = refresh_batch(plans, deadline)
    return {
        plan: outcome.credentials if isinstance(outcome, Loaded) else outcome
        for plan, outcome in zip(plans, found, strict=True)
    }


def refresh_batch(plans: Sequence[Plan], deadline: Deadline) -> list[Loaded | CredentialsError]:
    """Return for each plan of a batch, in order, what its source holds, or why it cannot tell."""
    providers = [_batch_provider(plan) for plan in plans]
    raws = providers[0].fetch_many(providers, deadline)
    return [_built(raw, plan) for plan, raw in zip(plans, raws, strict=True)]


def most_serious(failures: Sequence[CredentialsError]) -> CredentialsError:
    """Return the failure that its reader must deal with first."""
    return max(failures, key=_seriousness)


def _seriousness(failure: CredentialsError) -> int:
    matching = (rank for rank, kind in enumerate(_SERIOUSNESS) if isinstance(failure, kind))
    return next(matching, len(_SERIOUSNESS))


def moves_on(failure: CredentialsError, plan: Plan) -> bool:
    """Return whether the next candidate may be asked after this failure."""
    if isinstance(failure, ProviderUnavailableError):
        return plan.continues_when_unavailable
    return isinstance(failure, SecretNotFoundError)


def _exhausted(failures: Sequence[CredentialsError]) -> CredentialsError:
    if len(failures) == 1:
        return failures[0]
    attempts = [failure.as_attempt() for failure in failures]
    worst = most_serious(failures)
    if not isinstance(worst, SecretNotFoundError):
        return worst.with_attempts(attempts)
    return SecretNotFoundError(
        "no source has the credentials.",
        hint="Put them into one of these, or name another source:",
        attempts=attempts,
    )


def _fetch(candidate: Candidate, deadline: Deadline, asked: Asked) -> RawSecret | Unchanged:
    match candidate.parts:
        case ((None, uri),):
            found = _read(uri, deadline, asked)
            return found if isinstance(found, Unchanged) else _whole(found)
        case _:
            raw = _assemble(candidate, deadline, asked)
            known = asked.seen.version if asked.seen else None
            return Unchanged(known) if known is not None and known == raw.version else raw


def _read(uri: SourceURI, deadline: Deadline, asked: Asked) -> RawSecret | Unchanged:
    """Read one source; a local one also when a store before it took all the time there was."""
    if deadline.is_over and not is_local(uri):
        msg = "the time was up before this source could be asked."
        raise ProviderUnavailableError(msg, source=uri.redacted, hint="Raise timeout_seconds.")
    opened = {} if asked.opened is None else asked.opened
    provider = opened.get(uri) or opened.setdefault(uri, provider_for(uri))
    try:
        if asked.with_new_login and isinstance(provider, LoggedIn):
            provider.forget_login()
        known = asked.seen.version if asked.seen else None
        raw = _announced(provider, deadline, asked) or provider.fetch(deadline, known_version=known)
    finally:
        if asked.opened is None:
            provider.close()
    if not isinstance(raw, RawSecret) and asked.seen is None:
        msg = f"the provider of {uri.scheme!r} answered without a secret, asked for any version."
        raise ConfigurationError(msg, source=uri.redacted, hint="Report it to its author.")
    return raw


def _announced(provider: Provider, deadline: Deadline, asked: Asked) -> RawSecret | None:
    """Read the version that was announced, by its name: a read of the current one may lag.

    An announcement may come late, twice, or of anybody: what is older than what was seen, or cannot
    be read, is left to an ordinary read.
    """
    seen, version = asked.seen, asked.announced
    if version is None or seen is None or version == seen.version:
        return None
    if not isinstance(provider, VersionFetch):
        return None
    try:
        raw = provider.fetch_version(version, deadline)
    except CredentialsError:
        return None
    return raw if _is_newer(raw, seen) else None


def _is_newer(raw: RawSecret, seen: Seen) -> bool:
    """Compare by number where versions are numbers, else by date; in doubt it is not."""
    new, old = raw.version or "", seen.version or ""
    if new.isdecimal() and old.isdecimal():
        return int(new) > int(old)
    return bool(raw.created_at and seen.created_at and raw.created_at > seen.created_at)


def _only_source(plan: Plan) -> SourceURI | None:
    """Return the source of a plan that has one and takes all of it."""
    match plan.candidates:
        case (Candidate(parts=((None, uri),)),):
            return uri
        case _:
            return None


def batch_key(plan: Plan) -> Hashable | None:
    """Return what plans share that their store reads together; `None` is read alone."""
    uri = _only_source(plan)
    if uri is None or is_local(uri):
        return None
    try:
        provider = provider_for(uri)
    except CredentialsError:
        return None
    if not isinstance(provider, BatchFetch) or provider.batch_key is None:
        return None
    return type(provider), provider.batch_key


def _batch_provider(plan: Plan) -> BatchFetch:
    uri = cast("SourceURI", _only_source(plan))  # `batches` has looked
    return cast("BatchFetch", provider_for(uri))


def _built(raw: RawSecret | CredentialsError, plan: Plan) -> Loaded | CredentialsError:
    if isinstance(raw, CredentialsError):
        return raw
    try:
        credentials = build_credentials(_whole(raw), plan, loaded_at=datetime.now(UTC))
    except CredentialsError as error:
        return error.again()
    return Loaded(credentials, Seen(0, raw.version, raw.created_at))


def _whole(raw: RawSecret) -> RawSecret:
    if VALUE in raw.fields:
        msg = "this holds one value without a name, not a pair."
        raise MalformedSecretError(
            msg,
            reason="one_value",
            source=raw.origin,
            hint="Store JSON with api_key and api_secret, or let a profile name two sources:"
            ' api_key = "..." and api_secret = "...".',
        )
    return raw


def _assemble(candidate: Candidate, deadline: Deadline, asked: Asked) -> RawSecret:
    """Read the secrets of a split candidate; each gives the one field it is named for."""
    found: dict[str, RawSecret] = {}
    missing: list[SecretNotFoundError] = []
    for name, uri in candidate.parts:
        try:
            whole = asked._replace(seen=None, announced=None)
            found[str(name)] = cast("RawSecret", _read(uri, deadline, whole))
        except SecretNotFoundError as error:
            missing.append(error.again())
    if missing and found:
        msg = "one half of the pair is here, the other is not."
        raise MalformedSecretError(
            msg,
            reason="incomplete",
            source=candidate.redacted,
            hint="Store both halves, or remove both.",
            attempts=[error.as_attempt() for error in missing],
        )
    if missing:
        raise missing[0].at(candidate.redacted)
    fields = {name: _part(name, raw) for name, raw in found.items()}
    return _joined(fields, found.values())


def _part(name: str, raw: RawSecret) -> Secret:
    secret = raw.fields.get(VALUE) or raw.fields.get(name)
    if secret is None:
        msg = f"this does not hold {name}."
        raise MalformedSecretError(msg, reason="incomplete", field=name, source=raw.origin)
    return secret


def _joined(fields: dict[str, Secret], parts: Iterable[RawSecret]) -> RawSecret:
    parts = list(parts)
    versions = [raw.version for raw in parts if raw.version is not None]
    dates = [raw.created_at for raw in parts if raw.created_at is not None]
    return RawSecret(
        fields,
        origin=" + ".join(raw.origin for raw in parts),
        version="+".join(versions) or None,
        created_at=min(dates, default=None),
    )
