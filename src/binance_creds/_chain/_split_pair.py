"""Read a pair whose halves are two secrets of one store."""

from __future__ import annotations

from binance_creds._chain._source import read_source
from binance_creds._raw import VALUE, RawSecret
from binance_creds._typing import TYPE_CHECKING, cast
from binance_creds.errors import MalformedSecretError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from binance_creds._chain._values import Asked
    from binance_creds._plan import SplitPair
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline

__all__ = ["read_split_pair"]


def read_split_pair(pair: SplitPair, deadline: Deadline, asked: Asked) -> RawSecret:
    """Return the fields of one credential.

    Raises:
        CredentialsError: as `read_source` does.
        MalformedSecretError: what is here is not one pair.
    """
    return _joined(_halves(pair, deadline, asked))


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
