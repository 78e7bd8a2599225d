"""Read one source."""

from __future__ import annotations

from binance_creds._plan import is_local
from binance_creds._raw import RawSecret, Unchanged
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError, CredentialsError, ProviderUnavailableError
from binance_creds.providers._registry import provider_for

if TYPE_CHECKING:
    from binance_creds._chain._values import Asked, Seen
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider

__all__ = ["read_source"]


def read_source(uri: SourceURI, deadline: Deadline, asked: Asked) -> RawSecret | Unchanged:
    """Return what a source holds; a local one is read also when there is no time left.

    Raises:
        CredentialsError: as its provider does.
    """
    if deadline.is_over and not is_local(uri):
        msg = "the time was up before this source could be asked."
        raise ProviderUnavailableError(msg, source=uri.redacted, hint="Raise timeout_seconds.")
    known = asked.seen.version if asked.seen else None
    provider = None if asked.opened is None else asked.opened.get(uri)
    if provider is None:
        provider = provider_for(uri)
        if asked.opened is not None:
            asked.opened[uri] = provider
    raw: RawSecret | Unchanged | None = None
    try:
        if asked.with_new_login:
            _forget_login(provider)
        if asked.announced is not None:
            raw = _announced(provider, deadline, asked)
        if raw is None:
            raw = provider.fetch(deadline, known_version=known)
    finally:
        if asked.opened is None:
            provider.close()
    if not isinstance(raw, RawSecret) and known is None:
        msg = f"the provider of {uri.scheme!r} answered without a secret, asked for any version."
        raise ConfigurationError(msg, source=uri.redacted, hint="Report it to its author.")
    return raw


def _forget_login(provider: Provider) -> None:
    from binance_creds.providers._protocols import LoggedIn  # noqa: PLC0415  # a first load needs none

    if isinstance(provider, LoggedIn):
        provider.forget_login()


def _announced(provider: Provider, deadline: Deadline, asked: Asked) -> RawSecret | None:
    """Read the version that was announced, by its name: a read of the current one may lag.

    An announcement may come late, twice, or of anybody: what is older than what was seen, or cannot
    be read, is left to an ordinary read.
    """
    seen, version = asked.seen, asked.announced
    if version is None or seen is None or seen.version in {None, version}:
        return None
    from binance_creds.providers._protocols import VersionFetch  # noqa: PLC0415  # as above

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
