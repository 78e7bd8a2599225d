"""What a provider is: two methods, and small protocols for what some stores can do besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._deadline import Deadline
    from binance_creds._raw import RawSecret, Unchanged
    from binance_creds._secret import Secret

__all__ = ["Provider", "Store"]


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
class Store(Protocol):
    """A provider that can write a new version; used by the command line, never by a load."""

    def store(self, fields: Mapping[str, Secret], deadline: Deadline) -> str | None:
        """Write the fields as the new current version; return its name, if it has one.

        Raises:
            CredentialsError: nothing was written.
        """
