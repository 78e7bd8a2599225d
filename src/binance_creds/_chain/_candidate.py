"""Read one candidate: a whole source, or the two halves of a pair."""

from __future__ import annotations

from binance_creds._chain._source import read_source
from binance_creds._plan import SplitPair
from binance_creds._raw import VALUE, RawSecret, Unchanged
from binance_creds._typing import TYPE_CHECKING, cast
from binance_creds.errors import MalformedSecretError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from binance_creds._chain._values import Asked
    from binance_creds._plan import Candidate
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline

__all__ = ["read_candidate", "whole"]


def read_candidate(candidate: Candidate, deadline: Deadline, asked: Asked) -> RawSecret | Unchanged:
    """Return the fields of one credential, or that they are those that were seen.

    Raises:
        CredentialsError: as `read_source` does.
        MalformedSecretError: what is here is not one pair.
    """
    if isinstance(candidate, SplitPair):
        raw = _joined(_halves(candidate, deadline, asked))
        known = asked.seen.version if asked.seen else None
        return Unchanged(known) if known is not None and known == raw.version else raw
    found = read_source(candidate, deadline, asked)
    return found if isinstance(found, Unchanged) else whole(found)


def whole(raw: RawSecret) -> RawSecret:
    """Return it, unless it is one opaque text.

    Raises:
        MalformedSecretError: it is.
    """
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


def _halves(pair: SplitPair, deadline: Deadline, asked: Asked) -> dict[str, RawSecret]:
    """Read the secrets of a pair; one that lacks a half is broken, one without any is absent."""
    found: dict[str, RawSecret] = {}
    missing: list[SecretNotFoundError] = []
    for name, uri in pair.parts:
        try:
            any_version = asked._replace(seen=None, announced=None)
            found[name] = cast("RawSecret", read_source(uri, deadline, any_version))
        except SecretNotFoundError as error:
            missing.append(error.again())
    if missing and found:
        msg = "one half of the pair is here, the other is not."
        raise MalformedSecretError(
            msg,
            reason="incomplete",
            source=pair.redacted,
            hint="Store both halves, or remove both.",
            attempts=[error.as_attempt() for error in missing],
        )
    if missing:
        raise missing[0].at(pair.redacted)
    return found


def _joined(halves: dict[str, RawSecret]) -> RawSecret:
    """Return one secret in which each half gives the field that it is named for."""
    fields = {name: _field(name, raw) for name, raw in halves.items()}
    parts: Iterable[RawSecret] = halves.values()
    versions = [raw.version for raw in parts if raw.version is not None]
    dates = [raw.created_at for raw in parts if raw.created_at is not None]
    return RawSecret(
        fields,
        origin=" + ".join(raw.origin for raw in parts),
        version="+".join(versions) or None,
        created_at=min(dates, default=None),
    )


def _field(name: str, raw: RawSecret) -> Secret:
    secret = raw.fields.get(VALUE) or raw.fields.get(name)
    if secret is None:
        msg = f"this does not hold {name}."
        raise MalformedSecretError(msg, reason="incomplete", field=name, source=raw.origin)
    return secret
