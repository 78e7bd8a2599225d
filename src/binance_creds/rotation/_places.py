"""`Place`: one place of a store, which is read, written on condition, and erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._api._plans import deadline_of
from binance_creds._raw import RawSecret
from binance_creds.errors import (
    ConfigurationError,
    ConflictError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers._protocols import Erase
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing._put import recorded
from binance_creds.storing._target import opened, refuse_distrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._plan import Plan
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["Place", "fingerprint_in"]


class Place:
    """A source that is written; it is opened for each use.

    Args:
        plan: of the source that is rotated.
        uri: that source, or a sibling of it.
        timeout_seconds: for each use; the plan's by default.

    Raises:
        ConfigurationError: the plan is of a configuration that was merely found, and says whose
            store it is.
    """

    def __init__(self, plan: Plan, uri: SourceURI, timeout_seconds: float | None) -> None:
        refuse_distrusted(plan)
        self._is_sibling = uri not in plan.candidates
        self._plan = plan._replace(candidates=(uri,))
        self._timeout_seconds = timeout_seconds
        self.uri = uri

    def read(self) -> RawSecret | None:
        """Return what is there, or `None`.

        Raises:
            CredentialsError: the store failed.
        """
        with opened(self._plan) as (_, provider, _):
            deadline = deadline_of(self._plan, self._timeout_seconds)
            try:
                found = provider.fetch(deadline)
            except SecretNotFoundError:
                return None
            except SecretDisabledError as error:
                if self._is_sibling and isinstance(provider, Erase):
                    _finish(provider, deadline, error)
                    return None
                raise
        assert isinstance(found, RawSecret)  # noqa: S101  # no version was known
        return found

    def write(self, fields: Mapping[str, Secret], before: RawSecret | None) -> None:
        """Write in place of what was read.

        Raises:
            ConflictError: something else is there.
            CredentialsError: the store failed.
        """
        key = fields.get("api_key")
        fingerprint = None if key is None else fingerprint_of(key)
        version = before.version if before else None
        with opened(self._plan) as (uri, _, store), recorded(uri, self._plan, fingerprint):
            deadline = deadline_of(self._plan, self._timeout_seconds)
            store.store(fields, deadline, expected_version=version)

    def erase(self, *fingerprints: str | None) -> None:
        """Remove what is there, if its key is one of these; `None` stands for none.

        Raises:
            ConflictError: it is another.
            CredentialsError: the store failed.
        """
        found = self.read()
        if found is None:
            return
        if (name := fingerprint_in(found)) not in fingerprints:
            what = f"the key {name}" if name else "a private key without its API key"
            msg = f"it holds {what}, which is not of this rotation."
            raise ConflictError(msg, source=self.uri.redacted, hint="Look at it, and remove it.")
        with (
            opened(self._plan) as (uri, provider, _),
            recorded(uri, self._plan, name, action="erase"),
        ):
            assert isinstance(provider, Erase)  # noqa: S101  # `check` has refused others
            deadline = deadline_of(self._plan, self._timeout_seconds)
            provider.erase(deadline, expected_version=found.version)

    def check(self) -> None:
        """Refuse a store from which nothing can be removed.

        Raises:
            ConfigurationError: it is one.
        """
        with opened(self._plan) as (uri, provider, _):
            if isinstance(provider, Erase):
                return
        msg = f"nothing can be removed from sources of {uri.scheme!r}."
        raise ConfigurationError(msg, source=uri.redacted, hint="Rotate by `put`.")


def _finish(provider: Erase, deadline: Deadline, refusal: SecretDisabledError) -> None:
    """Purge what a command deleted that was killed then: its name is not free before.

    Raises:
        SecretDisabledError: it was disabled otherwise.
        CredentialsError: the store failed.
    """
    try:
        provider.erase(deadline, expected_version=None)
    except ConflictError:
        failure = refusal.again()
    else:
        return
    raise failure


def fingerprint_in(raw: RawSecret | None) -> str | None:
    """Return the fingerprint of an API key that was read, or `None`."""
    key = None if raw is None else raw.fields.get("api_key")
    return None if key is None else fingerprint_of(key)
