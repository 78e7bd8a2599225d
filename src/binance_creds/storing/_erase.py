"""`erase`: remove what was written, such as a pair that waited in a place of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._api._plans import deadline_of
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.providers._protocols import Erase
from binance_creds.storing._put import recorded
from binance_creds.storing._target import held_by, opened, plan_of, refuse_unread

if TYPE_CHECKING:
    from binance_creds import Config
    from binance_creds._uri import SourceURI
    from binance_creds.storing._target import Held

__all__ = ["erase"]


def erase(
    target: str | SourceURI,
    *,
    replace: str,
    config: Config | None = None,
    timeout_seconds: float | None = None,
) -> Held | None:
    """Remove a secret with all its versions. Blocks. It cannot be brought back.

    Args:
        target: as for `put`.
        replace: the fingerprint of the API key that it holds, or its version; `"incomplete"` where
            there is no API key.
        config: as for `put`.
        timeout_seconds: over each of reading and removing.

    Returns:
        What was removed; `None` where there was nothing.

    Raises:
        ConfigurationError: an argument is wrong, or nothing can be removed from the store.
        ConflictError: it holds something that `replace` does not name, or changed meanwhile.
        CredentialsError: the store failed.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    with opened(plan) as (uri, provider, _):
        if not isinstance(provider, Erase):
            msg = f"nothing can be removed from sources of {uri.scheme!r}."
            raise ConfigurationError(msg, source=uri.redacted)
        held = held_by(provider, uri, deadline_of(plan, timeout_seconds))
        if held is None:
            return None
        refuse_unread(held, replace, uri)
        with recorded(uri, plan, held.fingerprint, action="erase"):
            provider.erase(deadline_of(plan, timeout_seconds), expected_version=held.version)
    return held
