"""The versions of one secret in a vault.

The vault refuses disabled versions itself, and serves expired ones and those that are not valid
yet, so their dates are checked here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError

from binance_creds._raw import RawSecret
from binance_creds.errors import (
    AuthenticationError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.azure._client import client_of, limits
from binance_creds.providers.azure._errors import (
    DELETED,
    DISABLED,
    EARLY,
    EXPIRED,
    NO_OTHER,
    TABLE,
    translated,
)
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.providers.remote._payload import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.keyvault.secrets import KeyVaultSecret, SecretClient, SecretProperties

    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.errors import CredentialsError
    from binance_creds.providers.azure._vault_name import Place

__all__ = ["Versions", "require_id"]


class Versions:
    """The versions of one secret, as one call sees them.

    Args:
        uri: the source.
        place: where its vault is, and who asks.
        pinned: the version that the source names.
        clock: wall-clock seconds since the epoch.
        deadline: over the call.
    """

    def __init__(
        self,
        uri: SourceURI,
        place: Place,
        pinned: str | None,
        clock: Callable[[], float],
        deadline: Deadline,
    ) -> None:
        self._uri, self._place, self._pinned = uri, place, pinned
        self.name = uri.location.partition("/")[2]
        self._clock, self._deadline = clock, deadline

    def usable(self, version: str | None) -> KeyVaultSecret:
        """Return a version, the newest for `None`, that is enabled and within its dates.

        Raises:
            CredentialsError: it is not, or there is none.
        """
        secret = self._got(version)
        refusal = self._refusal(secret.properties)
        if refusal is not None:
            raise refusal
        return secret

    def raw(self, secret: KeyVaultSecret) -> RawSecret:
        """Return what a version holds."""
        return RawSecret(
            fields_of(secret.value or "", self._uri),
            origin=self._uri.redacted,
            version=secret.properties.version,
            created_at=secret.properties.created_on,
        )

    def previous(self) -> RawSecret:
        """Return the newest usable version besides the current or pinned one.

        Raises:
            SecretNotFoundError: there is none.
        """
        versions = sorted(
            self.secrets.list_properties_of_secret_versions(self.name, **self.limits),
            key=lambda one: one.created_on.timestamp() if one.created_on else 0.0,
            reverse=True,
        )
        current = self._pinned or self._current()
        if current is None and versions:
            current = versions[0].version
        for one in versions:
            if one.version != current and self._refusal(one) is None:
                return self.raw(self._got(one.version))
        raise TABLE.error(NO_OTHER)

    def before(self) -> tuple[dict[str, str], str | None]:
        """Return the tags and the version that are current; none if there is no such secret."""
        try:
            properties = self._got(None).properties
        except SecretNotFoundError:
            return {}, None
        return dict(properties.tags or {}), properties.version

    @property
    def secrets(self) -> SecretClient:
        """The client that asks; it may log in."""
        return client_of(self._place).secrets

    @property
    def limits(self) -> dict[str, Any]:
        """The keyword arguments that bound a request by the deadline."""
        return limits(self._deadline)

    def _got(self, version: str | None) -> KeyVaultSecret:
        try:
            found = self.secrets.get_secret(self.name, version, **self.limits)
        except HttpResponseError as error:
            refusal = self._translated(error)
        else:
            require_id(found)
            return found
        if isinstance(refusal, SecretNotFoundError) and self._is_deleted():
            refusal = TABLE.error(DELETED)
        raise refusal

    def _is_deleted(self) -> bool:
        """Return whether the name is soft-deleted, as far as this identity may know."""
        try:
            found = self.secrets.get_deleted_secret(self.name, **self.limits)
        except HttpResponseError as error:
            refusal = self._translated(error)
        else:
            require_id(found)
            return True
        if isinstance(refusal, ProviderUnavailableError | AuthenticationError):
            raise refusal
        return False  # never was, was purged, or is not for this identity to see

    def _refusal(self, properties: SecretProperties) -> CredentialsError | None:
        now = self._clock()
        row = None
        if properties.enabled is False:  # the service refuses these itself; emulators may not
            row = DISABLED
        elif properties.expires_on is not None and properties.expires_on.timestamp() <= now:
            row = EXPIRED
        elif properties.not_before is not None and properties.not_before.timestamp() > now:
            row = EARLY
        return None if row is None else TABLE.error(row)

    def _current(self) -> str | None:
        """Return what the vault takes for current, `None` if that is switched off.

        Dates have whole seconds, so that of two quick versions they do not tell.
        """
        try:
            return self._got(None).properties.version
        except SecretDisabledError:
            return None

    def _translated(self, error: Exception) -> CredentialsError:
        return translated(error, self._place.url, self._place.login)


def require_id(found: Any) -> None:
    """Refuse what is no answer of a vault: the SDK takes any JSON, and any text for a date."""
    made_on = found.properties.created_on
    if found.id is None or not isinstance(made_on, datetime | None):
        raise TABLE.error(FOREIGN)
