"""`Finding`: one thing that was looked at, and what to do about it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Self

    from binance_creds.errors import CredentialsError

__all__ = ["Finding", "Severity"]


class Severity(Enum):
    """How much a finding matters."""

    GOOD = "good"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(NamedTuple):
    """What was found; nothing here is secret.

    Attributes:
        about: a source, redacted, or a part such as `exchange`.
        severity: how much it matters.
        text: what was found.
        fix: what to do, or `None`.
        code: of the error behind it, or `None`.
    """

    about: str
    severity: Severity
    text: str
    fix: str | None = None
    code: str | None = None

    @classmethod
    def of_error(
        cls, error: CredentialsError, about: str, severity: Severity = Severity.PROBLEM
    ) -> Self:
        """Return what an error says."""
        return cls(about, severity, error.message, error.hint, error.code)

    @classmethod
    def of_warning(cls, text: str, about: str) -> Self:
        """Return what a warning of the library says, whose last sentence is what to do."""
        first, mark, fix = text.rpartition(". ")
        return (
            cls(about, Severity.WARNING, f"{first}.", fix)
            if mark
            else cls(about, Severity.WARNING, text)
        )
