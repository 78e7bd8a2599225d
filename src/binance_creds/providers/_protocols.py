"""What a provider is: two methods, and small protocols for what some stores can do besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import datetime
    from typing import Self

    from binance_creds._raw import RawSecret, Unchanged
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import CredentialsError

__all__ = ["BatchFetch", "Diagnose", "Diagnosis", "Erase", "LoggedIn", "Pinned", "PreviousVersion",
           "Probe", "Provider", "Store", "StoreCheck", "Version", "VersionFetch"]  # fmt: skip


class Version(NamedTuple):
    """What a store tells of its current version without giving the value.

    Attributes:
        name: as in `RawSecret.version`.
        next_rotation_at: when the store will rotate the secret, timezone-aware, if it says so.
    """

    name: str
    next_rotation_at: datetime | None = None


class Diagnosis(NamedTuple):
    """How a source is reached, and what watching it costs. Holds nothing secret.

    Attributes:
        identity: who the store says is asking, or how the login is made where it cannot tell.
        permissions: by the store's own names; `True` present, `False` missing, `None` not found
            out, with nothing written and no value read that a load would not read.
        requests_per_day: of one process that probes at the given interval.
        price_per_month: what these requests cost, in US dollars, storage not counted.
    """

    identity: str
    permissions: Mapping[str, bool | None]
    requests_per_day: int
    price_per_month: float


@runtime_checkable
class Provider(Protocol):
    """Read one source.

    A provider is built from a `SourceURI`, refuses unknown options while it is built, does no I/O
    before `fetch`, keeps no plaintext between calls, and raises only `CredentialsError`s.
    One thread uses it at a time.
    """

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Read the source; blocks at most until the deadline.

        Args:
            deadline: shared by all sources and retries of one load.
            known_version: the version that the caller holds; `Unchanged` may answer it.

        Raises:
            SecretNotFoundError: the secret is definitely not here; only this moves a chain on.
            CredentialsError: anything else, of the class that fits.
        """

    def close(self) -> None:
        """Give back what is open. Closing twice is fine."""


@runtime_checkable
class Probe(Protocol):
    """A provider whose store tells the current version for less than reading it costs."""

    def probe(self, deadline: Deadline) -> Version:
        """Return the current version by the store's cheapest call.

        Raises:
            CredentialsError: as `fetch` does.
        """


@runtime_checkable
class VersionFetch(Protocol):
    """A provider whose store gives any version by its name; what an announcement names."""

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Read one version.

        Raises:
            ConfigurationError: the source follows a label, and a version by its name is not it.
            SecretNotFoundError: there is no such version.
            CredentialsError: as `fetch` does.
        """


@runtime_checkable
class Pinned(Protocol):
    """A provider whose source may name one version of its secret."""

    @property
    def is_pinned(self) -> bool:
        """Whether it does: what it holds never changes, so that nobody watches it.

        The name of whatever is latest, or of a label that can be moved, is none.
        """


@runtime_checkable
class LoggedIn(Protocol):
    """A provider that shares a login with others of the process."""

    def forget_login(self) -> None:
        """Log in anew at the next call: what is allowed may have changed, or the identity."""


@runtime_checkable
class PreviousVersion(Protocol):
    """A provider whose store keeps the version before the current one."""

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Read the version that was current before; what rolling back needs.

        Raises:
            SecretNotFoundError: there is none.
            CredentialsError: as `fetch` does.
        """


@runtime_checkable
class BatchFetch(Protocol):
    """A provider whose store reads many secrets in one request."""

    @property
    def batch_key(self) -> Hashable | None:
        """What providers share that can be read together; `None` is read alone."""

    def fetch_many(
        self, providers: Sequence[Self], deadline: Deadline
    ) -> Sequence[RawSecret | CredentialsError]:
        """Read all of these providers' secrets; one that fails spoils none of the others.

        Args:
            providers: of this one's `batch_key`, itself among them if it is wanted.
            deadline: over all of them.

        Returns:
            For each, in their order, what `fetch` would return or raise.
        """


@runtime_checkable
class Diagnose(Protocol):
    """A provider that can say how it reaches its store; what `doctor` shows."""

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return identity, permissions and cost.

        Args:
            deadline: over all that is asked.
            poll_seconds: the interval at which a live handle would probe.

        Raises:
            CredentialsError: not even the identity could be found out.
        """


@runtime_checkable
class Store(Protocol):
    """A provider that can write a new version; used by the command line, never by a load.

    `binance_creds.testing.StoreContract` holds its laws.
    """

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write the fields as the new current version; return its name, if it has one.

        Nothing is replaced that was not read: a store that holds another version than the expected
        one stays as it is. Where the store cannot compare and write in one step, that holds but for
        what another program writes within the same moment. The same fields a second time may
        succeed, because the answer to the first may have been lost.

        Args:
            fields: the whole credential; what is not given is not kept.
            deadline: over all that it takes.
            expected_version: the version that the caller read; `None` where there was nothing. The
                version of a store that has none is that of the content, and of this process alone.

        Raises:
            ConflictError: the store holds another version than the expected one.
            CredentialsError: nothing was written.
        """


@runtime_checkable
class StoreCheck(Protocol):
    """A provider that can say whether it may write; not all stores tell without a write."""

    def check_store(self, deadline: Deadline) -> None:
        """Find out whether `store` would be allowed to write; what the store holds stays as it is.

        Raises:
            AccessDeniedError: this identity may not write there.
            CredentialsError: as `store` does.
        """


@runtime_checkable
class Erase(Protocol):
    """A provider that can remove what it holds; of a secret that only waited to be used."""

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Remove the whole secret, with the versions before; its name can be stored into again.

        A store that cannot compare and remove in one step compares first.

        Args:
            deadline: over all that it takes.
            expected_version: the version that the caller read.

        Raises:
            ConflictError: the store holds another version, or nothing; nothing was removed.
            CredentialsError: it may be there still.
        """
