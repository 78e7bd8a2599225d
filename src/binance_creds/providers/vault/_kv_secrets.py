"""The code behind `kv_secrets`; it needs the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from binance_creds._raw import RawSecret, Unchanged
from binance_creds.providers._options import check_options
from binance_creds.providers._protocols import Version
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._provider import Removal, diagnosis_of, refuse_partial_store
from binance_creds.providers.vault._access import Access
from binance_creds.providers.vault._errors import translated
from binance_creds.providers.vault._kv import Write
from binance_creds.providers.vault._options import version_of
from binance_creds.providers.vault._session import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Diagnosis
    from binance_creds.providers.vault._access import Engine

__all__ = ["VaultProvider"]

_T = TypeVar("_T")


class VaultProvider:
    """Read, probe and write one secret of a KV engine, version 1 or 2.

    Options: `address` and `namespace` (default `VAULT_ADDR`, `VAULT_NAMESPACE`, or `BAO_` ones);
    `auth` with `auth_mount`, `role` and the files or variables of the method; `kv` (`1`, `2`) and
    `mount`, which are otherwise asked for; `version` pins.

    Raises:
        ConfigurationError: an unknown option, no address, or a location without mount and path.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._version = version_of(uri)
        self._access = Access(uri)
        self._remote = Remote(
            uri,
            loggers=("hvac", "requests", "urllib3"),
            translated=translated,
            forget_login=lambda _: False,  # `Access` logs in anew after a 403
        )

    @property
    def is_pinned(self) -> bool:
        """Whether there is a `version`."""
        return self._version is not None

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the current version, or the pinned one.

        Raises:
            SecretNotFoundError: there was never such a secret, or it has no such version.
            SecretDisabledError: the version is deleted or destroyed.
            CredentialsError: as the table of `_errors` says.
        """
        if known_version is not None and known_version == self._version:
            return Unchanged(known_version)
        return self._call(lambda kv: kv.fetched(known_version, self._version), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the current version from the metadata, which holds no value.

        Without the permission for it, or in KV version 1, it is one read.
        """
        return self._call(lambda kv: Version(kv.current(self._version)), deadline, "probe")

    def forget_login(self) -> None:
        """Log in anew at the next call, with what the login before could have only once."""
        asking = self._access.asking
        login, session = asking.login, asking.session()
        SESSIONS.drop(login)
        if login.is_wrapped:
            SESSIONS.get(login, session.successor)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the newest version before the current one that is not deleted."""
        return self._call(lambda kv: kv.previous(), deadline)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write a new version, by check-and-set in KV 2; KV 1 has nothing of the kind.

        Raises:
            ConflictError: the current version is not the expected one.
        """
        refuse_partial_store(self._uri, is_current=not self.is_pinned)
        write = Write(fields, expected_version)
        return self._call(lambda kv: kv.written(write), deadline, "store")

    def check_store(self, deadline: Deadline) -> None:
        """Ask Vault whether the token may write the secret."""
        self._call(lambda kv: kv.check_write(), deadline, "check")

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Delete the secret, with all versions and their metadata."""
        refuse_partial_store(self._uri, is_current=not self.is_pinned)
        removal = Removal(expected_version)
        self._call(lambda kv: kv.erased(removal), deadline, "erase")

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return the token's name, the capabilities that loading and watching need; no price."""
        found = self._call(lambda kv: kv.asked(), deadline, "diagnose")
        return diagnosis_of(found, poll_seconds=poll_seconds)

    def close(self) -> None:
        """Nothing is open: the session is the process's."""

    def _call(
        self, question: Callable[[Engine], _T], deadline: Deadline, purpose: str = "read"
    ) -> _T:
        return self._remote.call(
            lambda: self._access.ask(question, is_write=purpose in {"store", "erase"}),
            deadline,
            # The redacted source is the same for every address and namespace.
            purpose=f"{purpose} {hash((self._access.asking.login, self._uri)):x}",
        )
