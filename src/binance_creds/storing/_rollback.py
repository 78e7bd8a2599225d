"""`rollback`: make the version before the newest again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._api._live import verifier_of
from binance_creds._api._plans import deadline_of
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.providers._protocols import PreviousVersion
from binance_creds.storing._put import Stored, name_of, recorded, tried
from binance_creds.storing._target import held_by, opened, plan_of

if TYPE_CHECKING:
    from binance_creds import Config
    from binance_creds._api._types import Verify
    from binance_creds._uri import SourceURI

__all__ = ["rollback"]


def rollback(
    source: str | SourceURI,
    *,
    config: Config | None = None,
    verify: Verify = None,
    timeout_seconds: float | None = None,
) -> Stored:
    """Write the version before the current one as the newest, verified first. Blocks.

    The current version may be damaged. Done twice, it is undone.

    Args:
        source: as the target of `put`; of a store that keeps versions.
        config: as for `put`.
        verify: as for `put`.
        timeout_seconds: over each of reading, verifying and writing.

    Raises:
        SecretNotFoundError: there is no version before.
        ConfigurationError: an argument is wrong, or the store keeps no versions.
        ConflictError: it changed meanwhile.
        CredentialsError: the pair is refused, or the store failed.
    """
    plan = plan_of(source, config)
    if isinstance(plan, CredentialsError):
        del source, config  # a key may have been pasted where these belong
        raise plan
    with opened(plan) as (uri, provider, store):
        if not isinstance(provider, PreviousVersion):
            msg = f"sources of {uri.scheme!r} keep no version before the current one."
            raise ConfigurationError(msg, source=uri.redacted)
        held = held_by(provider, uri, deadline_of(plan, timeout_seconds))
        expected = held.version if held else None
        old = provider.fetch_previous(deadline_of(plan, timeout_seconds))
        fingerprint = tried(old, plan, verifier_of(plan, verify), timeout_seconds)
        deadline = deadline_of(plan, timeout_seconds)
        with recorded(uri, plan, fingerprint):
            version = store.store(old.fields, deadline, expected_version=expected)
    replaced = held.fingerprint if held else None
    return Stored(uri.redacted, fingerprint, name_of(version), replaced)
