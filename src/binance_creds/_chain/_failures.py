"""Which failure lets the next candidate be asked, and which one of several is told."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from binance_creds._chain._values import Asked
    from binance_creds._plan import Plan

__all__ = ["exhausted", "is_to_be_confirmed", "last_of", "most_serious", "moves_on"]

_SERIOUSNESS: Final = (
    SecretNotFoundError,
    ProviderUnavailableError,
    MalformedSecretError,
    SecretDisabledError,
    AuthenticationError,
    AccessDeniedError,
    ProviderNotInstalledError,
    ConfigurationError,
)


def moves_on(failure: CredentialsError, plan: Plan) -> bool:
    """Return whether the next candidate may be asked after this failure."""
    if isinstance(failure, ProviderUnavailableError):
        return plan.terms.continues_when_unavailable
    return isinstance(failure, SecretNotFoundError)


def is_to_be_confirmed(failure: CredentialsError, asked: Asked) -> bool:
    """Return whether what is in use is absent for the first time, perhaps for a moment only.

    Files are deleted and written again; a key of another source may be of another account. Whoever
    asks again with a new login has heard of the absence before.
    """
    return isinstance(failure, SecretNotFoundError) and not asked.with_new_login


def exhausted(failures: Sequence[CredentialsError]) -> CredentialsError:
    """Return the error of a chain in which nobody has the credentials."""
    if len(failures) == 1:
        return failures[0]
    attempts = [failure.as_attempt() for failure in failures]
    worst = most_serious(failures)
    if not isinstance(worst, SecretNotFoundError):
        return worst.with_attempts(attempts)
    return SecretNotFoundError(
        "no source has the credentials.",
        hint="Put them into one of these, or name another source:",
        attempts=attempts,
    )


def last_of(failures: Sequence[CredentialsError]) -> CredentialsError:
    """Return the error of a candidate that answered, with what was tried before it."""
    attempts = [failure.as_attempt() for failure in failures]
    return failures[-1].with_attempts(attempts) if len(failures) > 1 else failures[-1]


def most_serious(failures: Sequence[CredentialsError]) -> CredentialsError:
    """Return the failure that its reader must deal with first."""
    return max(failures, key=_seriousness)


def _seriousness(failure: CredentialsError) -> int:
    matching = (rank for rank, kind in enumerate(_SERIOUSNESS) if isinstance(failure, kind))
    return next(matching, len(_SERIOUSNESS))
