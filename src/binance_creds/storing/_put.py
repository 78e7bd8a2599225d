"""`put`: write a pair as the new version of what a store holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from binance_creds._api._live import verifier_of
from binance_creds._api._plans import deadline_of, planned
from binance_creds._chain._verify import verified
from binance_creds._parse._build import build_credentials
from binance_creds._raw import RawSecret
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    ConfigurationError,
    ConflictError,
    CredentialsError,
    SecretNotFoundError,
)
from binance_creds.providers._protocols import Provider, Store
from binance_creds.providers._registry import provider_for
from binance_creds.signers._fingerprint import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds import Config
    from binance_creds._api._types import Verify
    from binance_creds._credentials import Verifier
    from binance_creds._plan import Plan
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline

__all__ = ["Stored", "key_of", "opened", "plan_of", "put", "tried"]

_PROBE = b"timestamp=0"


class Stored(NamedTuple):
    """What was written where; nothing here is secret.

    Attributes:
        target: the store, redacted.
        fingerprint: of the API key that was written.
        version: the store's name of the new version, if it has one.
        replaced: the fingerprint of the API key that was there, or `None`.
    """

    target: str
    fingerprint: str
    version: str | None
    replaced: str | None


def put(
    target: str | SourceURI,
    fields: Mapping[str, Secret],
    *,
    replace: str | None = None,
    config: Config | None = None,
    verify: Verify = None,
    timeout_seconds: float | None = None,
) -> Stored:
    """Write a pair into a store, after it was parsed, has signed, and was verified. Blocks.

    Args:
        target: a source, or the name of a profile with one source; it must be of a store that can
            be written.
        fields: the whole credential by canonical names; what is not given is not kept.
        replace: the fingerprint of the API key that the target holds, or its version. Without it
            nothing is replaced.
        config: as for `load_credentials`; for a profile.
        verify: as for `load_credentials`; but without an answer of the exchange nothing is written.
        timeout_seconds: over each of reading, verifying and writing.

    Raises:
        ConfigurationError: an argument is wrong, or the store cannot be written.
        ConflictError: it holds something that `replace` does not name, or changed meanwhile.
        CredentialsError: the pair is refused, or the store failed.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    with opened(plan) as (uri, provider, store):
        raw = RawSecret(fields, origin=uri.redacted)
        tried(raw, plan, None, timeout_seconds)
        held = _held(provider, deadline_of(plan, timeout_seconds))
        _refuse_unread(held, replace, uri)
        fingerprint = tried(raw, plan, verifier_of(plan, verify), timeout_seconds)
        version = store.store(
            raw.fields,
            deadline_of(plan, timeout_seconds),
            expected_version=held.version if held else None,
        )
    return Stored(uri.redacted, fingerprint, version, key_of(held))


def tried(
    raw: RawSecret, plan: Plan, verifier: Verifier | None, timeout_seconds: float | None
) -> str:
    """Return the fingerprint of a pair that can be parsed, signs, and is verified.

    Raises:
        CredentialsError: it cannot or is not; also where the exchange does not answer.
    """
    credentials = build_credentials(raw, plan._replace(sealed=False))
    credentials.sign(_PROBE)
    if verifier is not None:
        verified(credentials, verifier, deadline_of(plan, timeout_seconds), owner=raw)
    return credentials.fingerprint


def plan_of(target: str | SourceURI, config: Config | None) -> Plan | CredentialsError:
    """Return the plan of a source or a profile, or the error for a caller to raise."""
    if isinstance(target, str) and ":" not in target:  # no source is without, no profile has one
        return planned(None, target, config, None)
    return planned(target, None, None, None)


@contextmanager
def opened(plan: Plan) -> Iterator[tuple[SourceURI, Provider, Store]]:
    """Give the one source of a plan, its provider, and that as a store.

    Raises:
        ConfigurationError: the plan has several sources, or this one cannot be written.
    """
    (place, *others) = plan.candidates
    if others or not isinstance(place, SourceURI):
        msg = "the profile has several sources."
        raise ConfigurationError(msg, hint="Name the one to write.")
    provider = provider_for(place)
    try:
        if not isinstance(provider, Store):
            msg = f"sources of {place.scheme!r} cannot be written."
            raise ConfigurationError(msg, source=place.redacted)
        yield place, provider, provider
    finally:
        provider.close()


def _held(provider: Provider, deadline: Deadline) -> RawSecret | None:
    try:
        found = provider.fetch(deadline)
    except SecretNotFoundError:
        return None
    assert isinstance(found, RawSecret)  # noqa: S101  # no version was known
    return found


def _refuse_unread(held: RawSecret | None, replace: str | None, uri: SourceURI) -> None:
    if held is None:
        return
    key = key_of(held)
    if replace is not None and replace in {key, held.version}:
        return
    what = "an incomplete pair" if key is None else f"the key {key}"
    names = "its version" if key is None else key
    msg = f"it holds {what}, version {held.version}, and nothing was written."
    raise ConflictError(
        msg, source=uri.redacted, hint=f"To replace it, name {names} by `replace` (--replace)."
    )


def key_of(held: RawSecret | None) -> str | None:
    """Return the fingerprint of the API key that is there, if one is."""
    key = held.fields.get("api_key") if held else None
    return None if key is None else fingerprint_of(key)
