"""`put`: write a pair as the new version of what a store holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from binance_creds._api._live import verifier_of
from binance_creds._api._plans import deadline_of
from binance_creds._chain._verify import verified
from binance_creds._chain._walk import built
from binance_creds._config._resolve import environment_named
from binance_creds._raw import RawSecret, is_content_version
from binance_creds._recorded import record
from binance_creds._secret import Secret
from binance_creds.errors import CredentialsError
from binance_creds.storing._pair import refusal_of
from binance_creds.storing._target import held_by, opened, plan_of, refuse_unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds import Config
    from binance_creds._api._types import Verify
    from binance_creds._credentials import Verifier
    from binance_creds._enums import Environment
    from binance_creds._plan import Plan
    from binance_creds._uri import SourceURI

__all__ = ["Stored", "name_of", "put", "recorded", "tried"]

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
    environment: Environment | str | None = None,
    config: Config | None = None,
    verify: Verify = None,
    timeout_seconds: float | None = None,
) -> Stored:
    """Write a pair into a store, after it was parsed, has signed, and was verified. Blocks.

    Args:
        target: a source, or the name of a profile with one source; it must be of a store that can
            be written.
        fields: the whole credential by canonical names; what is not given is not kept.
        replace: the fingerprint of the API key that the target holds, or its version;
            `"incomplete"` where there is no API key. Without it nothing is replaced.
        environment: which exchange the pair is of; it is written beside the pair.
        config: as for `load_credentials`; for a profile.
        verify: as for `load_credentials`; but without an answer of the exchange nothing is written.
        timeout_seconds: over each of reading, verifying and writing.

    Raises:
        ConfigurationError: an argument is wrong, or the store cannot be written.
        ConflictError: it holds something that `replace` does not name, or changed meanwhile.
        CredentialsError: the pair is refused, or the store failed.
    """
    plan = refusal_of(fields) or plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config, fields  # a key may have been pasted where these belong
        raise plan
    if environment is not None:
        fields = {**fields, "environment": Secret(environment_named(environment).value)}
    with opened(plan) as (uri, provider, store):
        raw = RawSecret(fields, origin=uri.redacted)
        tried(raw, plan, None, timeout_seconds)
        held = held_by(provider, uri, deadline_of(plan, timeout_seconds))
        refuse_unread(held, replace, uri)
        fingerprint = tried(raw, plan, verifier_of(plan, verify), timeout_seconds)
        with recorded(uri, plan, fingerprint):
            version = store.store(
                raw.fields,
                deadline_of(plan, timeout_seconds),
                expected_version=held.version if held else None,
            )
    replaced = held.fingerprint if held else None
    return Stored(uri.redacted, fingerprint, name_of(version), replaced)


@contextmanager
def recorded(
    uri: SourceURI, plan: Plan, fingerprint: str | None, *, action: str = "write"
) -> Iterator[None]:
    """Record what is done to a store, or that it failed."""
    outcome = "interrupted"
    try:
        yield
        outcome = "done"
    except CredentialsError as error:
        outcome = error.code
        raise
    finally:
        record(
            action,
            outcome,
            profile=plan.terms.profile,
            source=uri.redacted,
            fingerprint=fingerprint,
        )


def tried(
    raw: RawSecret, plan: Plan, verifier: Verifier | None, timeout_seconds: float | None
) -> str:
    """Return the fingerprint of a pair that can be parsed, signs, and is verified.

    Raises:
        CredentialsError: it cannot or is not; also where the exchange does not answer.
    """
    deadline = deadline_of(plan, timeout_seconds)
    credentials = built(raw, plan.with_terms(sealed=False), deadline)
    if credentials.signed_by is None:  # a key outside has signed as it was opened
        credentials.sign(_PROBE)
    if verifier is not None:
        verified(credentials, verifier, deadline, owner=raw)
    return credentials.fingerprint


def name_of(version: str | None) -> str | None:
    """Return what the store calls a version; `None` for a digest, which is of this process."""
    return None if version is None or is_content_version(version) else version
