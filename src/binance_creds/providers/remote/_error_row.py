"""`ErrorRow`: what a table of errors says of one fault of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = ["CHANGED", "ErrorRow"]


class ErrorRow(NamedTuple):
    """Which error is raised for a fault; each store keeps a table of them, by code or class."""

    kind: type[CredentialsError]
    message: str
    hint: str | None = None
    says: str = ""  # what the store's own message must contain for this row

    def error(self, hint: str | None = None) -> CredentialsError:
        """Return a new error; a hint takes the place of the row's own."""
        return self.kind(self.message, hint=hint or self.hint)


CHANGED: Final = ErrorRow(
    ConfigurationError,
    "the secret has changed since it was read.",
    "Read it again before you store.",
)
"""Of every store that is written to: it holds another version than the writer expects."""
