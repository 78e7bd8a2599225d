"""The code behind `key_vault`; it needs the SDK."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Final, TypeVar

from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import ConfigurationError
from binance_creds.providers._options import check_options
from binance_creds.providers._protocols import Version
from binance_creds.providers.azure._client import CLIENTS, asked
from binance_creds.providers.azure._errors import translated
from binance_creds.providers.azure._login import LOGGERS, make_loggers
from binance_creds.providers.azure._vault_name import place_of, version_of
from binance_creds.providers.azure._versions import Versions
from binance_creds.providers.azure._writing import check_write, erase_secret, write_version
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._payload import document_of
from binance_creds.providers.remote._provider import Removal, diagnosis_of, refuse_partial_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Diagnosis

__all__ = ["KeyVaultProvider"]

_DOLLARS_A_REQUEST: Final = 0.03 / 10_000  # price list of Key Vault, secrets operations, 2026

_T = TypeVar("_T")


class KeyVaultProvider:
    """Read, probe and write one secret.

    Options: `version` pins one. `cloud` (`public`, `china`, `usgov`) sets vault suffix and login
    together; `authority` names the login of a private cloud. `auth` chooses who asks: `default`
    (azure-identity's own chain), `managed`, `workload`, `secret`, `certificate` or `cli`, with
    `client_id` and `tenant_id` where they apply. Secrets of the login come from the environment.

    Args:
        uri: the source.
        clock: wall-clock seconds since the epoch; for `expires_on` and `not_before`.

    Raises:
        ConfigurationError: an unknown option, no vault and name, or options that do not fit.
    """

    def __init__(self, uri: SourceURI, *, clock: Callable[[], float] = time.time) -> None:
        check_options(uri)
        self._uri = uri
        self._clock = clock
        self._place = place_of(uri)
        self._version = version_of(uri)
        make_loggers()
        self._remote = Remote(
            uri,
            loggers=LOGGERS,
            translated=lambda error: translated(error, self._place.url, self._place.login),
            forget_login=lambda before: CLIENTS.drop(self._place, built_before=before),
        )

    @property
    def is_pinned(self) -> bool:
        """Whether there is a `version`."""
        return self._version is not None

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the newest version, or the pinned one; one GetSecret, changed or not.

        Raises:
            SecretNotFoundError: there is no such secret or version.
            SecretDisabledError: it is disabled, deleted and recoverable, expired or not valid yet.
            CredentialsError: as the table of `_errors` says.
        """
        if known_version is not None and known_version == self._version:
            return Unchanged(known_version)

        def read(versions: Versions) -> RawSecret | Unchanged:
            secret = versions.usable(self._version)
            if known_version is not None and secret.properties.version == known_version:
                return Unchanged(known_version)
            return versions.raw(secret)

        return self._call(read, deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the newest version by one GetSecret, whose value is dropped at once.

        A pinned version is told without a request.
        """
        if self._version is not None:
            return Version(self._version)
        return self._call(
            lambda versions: Version(str(versions.usable(None).properties.version)),
            deadline,
            "probe",
        )

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Return one version by its id, if it is enabled and within its dates.

        Raises:
            ConfigurationError: the source is pinned to another.
            CredentialsError: as `fetch` does.
        """
        if self._version not in {None, version}:
            msg = "the source is pinned to another version."
            raise ConfigurationError(msg, source=self._uri.redacted)
        return self._call(lambda versions: versions.raw(versions.usable(version)), deadline)

    def forget_login(self) -> None:
        """Log in anew at the next call."""
        CLIENTS.drop(self._place)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the newest enabled version besides the current or pinned one.

        The vault keeps no order but the date of creation. Needs secrets/list as well.
        """
        return self._call(Versions.previous, deadline, "previous")

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write a new version if the current one is the expected.

        The vault cannot compare and write in one step: of two writers within the same moment, both
        may pass the check, and the later one is current. The version written carries the tag
        `binance-creds-write` besides those that the current one has.

        Raises:
            ConflictError: the current version is another, or there is one and none expected.
        """
        refuse_partial_store(self._uri, is_current=self._version is None)
        document, token = document_of(fields), uuid.uuid4().hex
        return self._call(
            lambda versions: write_version(versions, document, token, expected_version),
            deadline,
            "store",
        )

    def check_store(self, deadline: Deadline) -> None:
        """Find out whether a version may be written: the current one gets the tags that it has."""
        self._call(check_write, deadline, "check")

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Delete and purge the secret, with all versions: needs secrets/delete and /purge."""
        refuse_partial_store(self._uri, is_current=self._version is None)
        removal = Removal(expected_version)
        self._call(lambda versions: erase_secret(versions, removal), deadline, "erase")

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return who asks, whether it may get and list, and what the probes cost."""
        name = self._uri.location.partition("/")[2]
        found = self._remote.call(
            lambda: asked(self._place, name, deadline), deadline, purpose="diagnose"
        )
        return diagnosis_of(found, poll_seconds=poll_seconds, dollars_a_request=_DOLLARS_A_REQUEST)

    def close(self) -> None:
        """Nothing is open: the client is the process's."""

    def _call(
        self, what: Callable[[Versions], _T], deadline: Deadline, purpose: str = "read"
    ) -> _T:
        versions = Versions(self._uri, self._place, self._version, self._clock, deadline)
        return self._remote.call(lambda: what(versions), deadline, purpose=purpose)
