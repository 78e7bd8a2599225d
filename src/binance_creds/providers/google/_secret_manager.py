"""The code behind `secret_manager`; it needs the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from binance_creds._raw import Unchanged
from binance_creds.errors import ConfigurationError
from binance_creds.providers._options import check_options
from binance_creds.providers.google._client import asking
from binance_creds.providers.google._errors import SECRETS, translated
from binance_creds.providers.google._login import LOGINS, GoogleLogin
from binance_creds.providers.google._secret_name import LATEST, place_of
from binance_creds.providers.google._versions import Versions
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._payload import document_of
from binance_creds.providers.remote._provider import Removal, diagnosis_of, refuse_partial_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._raw import RawSecret
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Diagnosis, Version

__all__ = ["SecretManagerProvider"]

_DOLLARS_AN_ACCESS: Final = 0.03 / 10_000  # price list of Secret Manager; metadata is free

_T = TypeVar("_T")


class SecretManagerProvider:
    """Read, probe and write one secret.

    Options: `version` is `latest` (default), a number or an alias; `location` says that the secret
    is a regional one. `credentials_file` and `impersonate` choose who asks; else application
    default credentials do. `transport` is `rest` (default) or `grpc`. `endpoint` is a host or a
    URL; over http, which is for emulators, there is no login: no token travels in the clear.

    Raises:
        ConfigurationError: an unknown option, no name, or options that contradict each other.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._place, self._version = place_of(uri)
        # Until GetSecretVersion is denied, as the accessor's role does not have it.
        self._is_described = True
        who = uri.option("credentials_file"), uri.option("impersonate")
        self._login = None if self._place.endpoint.is_plain else who
        self._remote = Remote(
            uri,
            loggers=("google", "grpc", "urllib3"),
            translated=lambda error: translated(error, SECRETS),
            forget_login=lambda before: LOGINS.drop(self._login, built_before=before),
        )

    @property
    def is_pinned(self) -> bool:
        """Whether the version is a number: an alias can be moved, and `latest` moves by itself."""
        return self._version.isdecimal()

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the version that is latest, has the alias, or is pinned.

        Raises:
            SecretNotFoundError: there is no such secret or version.
            SecretDisabledError: the version is disabled or destroyed; `latest` may be, too.
            CredentialsError: as the table in `_errors` says.
        """
        if known_version is not None and known_version == self._version:
            return Unchanged(known_version)  # a number: its content never changes
        return self._call(lambda versions: versions.fetched(known_version), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the number of the version: one GetSecretVersion, which is free.

        Without that permission it is one AccessSecretVersion.
        """
        return self._call(Versions.probed, deadline, "probe")

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Return one version by its number.

        Raises:
            ConfigurationError: the source is pinned to another, or follows an alias.
            CredentialsError: as `fetch` does.
        """
        if self._version not in {LATEST, version}:
            msg = "the source follows another version than the latest."
            raise ConfigurationError(msg, source=self._uri.redacted)
        return self._call(lambda versions: versions.dated(version), deadline)

    def forget_login(self) -> None:
        """Log in anew at the next call."""
        LOGINS.drop(self._login)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the newest enabled version below the one that `fetch` reads."""
        return self._call(Versions.previous, deadline)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Add a version, which makes it the latest; create the secret if there is none.

        A secret without versions, such as Terraform's, needs no permission to create one.

        The API cannot make a write depend on a version: between the check and the write, some
        milliseconds, another writer can still come in. The number of the version tells; the other
        writer's content is then added once more, so that it is the latest, and this version is
        disabled where that is allowed.

        Raises:
            ConflictError: the latest version is another than the expected one. So it is, too,
                if the answer to the write was lost and the write had been done.
        """
        refuse_partial_store(self._uri, is_current=self._version == LATEST)
        document = document_of(fields)
        return self._call(
            lambda versions: versions.added(document, expected_version), deadline, "store"
        )

    def check_store(self, deadline: Deadline) -> None:
        """Ask IAM whether a version may be added."""
        self._call(Versions.check_add, deadline, "check")

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Delete the secret, with all versions."""
        refuse_partial_store(self._uri, is_current=self._version == LATEST)
        removal = Removal(expected_version)
        self._call(lambda versions: versions.erase(removal), deadline, "erase")

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return who asks, what loading, watching and storing need, and the cost."""
        permissions = self._call(Versions.permissions, deadline, "diagnose")
        is_free = permissions["secretmanager.versions.get"]
        return diagnosis_of(
            (self._identity(), permissions),
            poll_seconds=poll_seconds,
            dollars_a_request=0.0 if is_free else _DOLLARS_AN_ACCESS,
        )

    def close(self) -> None:
        """Nothing is open: the login is the process's, and a channel ends with its call."""

    def _call(self, ask: Callable[[Versions], _T], deadline: Deadline, purpose: str = "read") -> _T:
        return self._remote.call(lambda: self._asked(ask, deadline), deadline, purpose=purpose)

    def _asked(self, ask: Callable[[Versions], _T], deadline: Deadline) -> _T:
        with asking(self._place, self._logged_in(), deadline) as request:
            versions = Versions(
                request, self._place, self._uri, self._version, is_described=self._is_described
            )
            try:
                return ask(versions)
            finally:
                self._is_described = versions.is_described

    def _logged_in(self) -> GoogleLogin | None:
        login = self._login
        return None if login is None else LOGINS.get(login, lambda: GoogleLogin(*login))

    def _identity(self) -> str:
        login = self._logged_in()
        return login.identity if login else "nobody: there is no login over http"
