"""What the SDKs of Azure raise for a login or for TLS, whichever service was asked."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from azure.core.exceptions import AzureError
from azure.identity import CredentialUnavailableError

from binance_creds.errors import AuthenticationError
from binance_creds.providers.azure._login import failure_in_chain
from binance_creds.providers.remote._error_row import ErrorRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.exceptions import ClientAuthenticationError

    from binance_creds.errors import CredentialsError

__all__ = ["login_failure", "tls_fault_in"]

_UNKNOWN: Final = ErrorRow(AuthenticationError, "Entra does not accept this login.")
_UNAVAILABLE: Final = ErrorRow(AuthenticationError, "no Azure login was found.")


def login_failure(
    error: ClientAuthenticationError,
    hint: str | None,
    translated: Callable[[Exception], CredentialsError],
) -> CredentialsError:
    """Return what a failed login means.

    Args:
        error: of azure-identity.
        hint: what to do about this kind of login.
        translated: to our errors; for what happened below the login.
    """
    if isinstance(error, CredentialUnavailableError):  # not logged in, not on Azure, nothing set
        return _UNAVAILABLE.error(hint)
    below = error.__cause__
    if isinstance(below, AzureError | OSError):  # whatever happened during a login
        return translated(below)
    return failure_in_chain() or _UNKNOWN.error(hint)


def tls_fault_in(error: BaseException) -> BaseException:
    """Return the TLS fault below an error of the transport, or the error itself."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLError):
            return link
        link = getattr(link, "inner_exception", None) or link.__cause__ or link.__context__
    return error
