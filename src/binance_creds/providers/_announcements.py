"""What a push module is: it waits for the word that a secret changed, and passes it on.

An announcement never carries a value, and is never believed: it makes a live handle ask its source
now instead of at the next poll. A lost one costs time, a repeated or forged one costs a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Announcement", "ChangeSource"]


class Announcement(NamedTuple):
    """The word that a secret changed.

    Attributes:
        scheme: of the sources that are meant, such as `aws-sm`; `None` for all.
        name: the secret's own name in its store, such as `prod/binance/main`, without account,
            project or vault; `None` for all.
        version: the version that is said to be current now, as in `RawSecret.version`, if told.
    """

    scheme: str | None = None
    name: str | None = None
    version: str | None = None


@runtime_checkable
class ChangeSource(Protocol):
    """Wait for announcements. Built from a `SourceURI`, without I/O; used by one thread at a time.

    A message that cannot be understood is acknowledged and dropped, so that it does not come again;
    one that is about another secret is passed on, and nobody acts on it.
    """

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what was announced; blocks until there is something, or for the timeout.

        Raises:
            CredentialsError: it cannot be listened to now; the caller waits before it tries again.
        """

    def close(self) -> None:
        """Give back what is open; called by another thread, it ends a `wait` soon."""
