"""What goes wrong with a login to Azure, whichever service it is for, and what it means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from azure.core.exceptions import (
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import CredentialUnavailableError

from binance_creds.errors import AuthenticationError, ConfigurationError, CredentialsError
from binance_creds.providers.azure._login import HINTS
from binance_creds.providers.remote._error_row import FOREIGN, SILENT, ErrorRow, NotReadyError
from binance_creds.providers.remote._errors import ErrorTable, chain_of

if TYPE_CHECKING:
    from binance_creds.providers.azure._login import Login

__all__ = [
    "BAD_SETTINGS",
    "COMMON",
    "LOGIN",
    "METADATA",
    "NOT_READY",
    "NOT_READ_ERRORS",
    "REFUSED",
    "file_failure",
    "login_failure",
]

NOT_READ_ERRORS: Final = (
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)
"""Of a file that a login needs; other errors of the system are of the network."""

_FILE_VARIABLES: Final = (
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "REQUESTS_CA_BUNDLE",
)

BAD_SETTINGS: Final = ErrorRow(ConfigurationError, "the settings of this login are not usable.")
NOT_READY: Final = ErrorRow(
    NotReadyError,
    "the metadata server that gives this machine its identity is not ready{status}.",
    "Check that the machine has a managed identity, and IDENTITY_ENDPOINT if it is set.",
)
"""IMDS or the endpoint of App Service starts, is updated, or is asked too often."""

REFUSED: Final = ErrorRow(
    AuthenticationError,
    "the metadata server refuses the login{status}.",
    HINTS["managed"],
)
_UNKNOWN: Final = ErrorRow(AuthenticationError, "Entra does not accept this login.")
# Nobody is logged in, nothing is set, or this is not Azure.
_UNAVAILABLE: Final = ErrorRow(AuthenticationError, "no Azure login was found.")
_NO_FILE: Final = ErrorRow(
    ConfigurationError,
    "a file that the login or TLS needs cannot be read.",
    "Check AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE, REQUESTS_CA_BUNDLE.",
)

COMMON: Final[dict[object, ErrorRow | tuple[ErrorRow, ...]]] = {
    # Refused, no such host, no route; lost, timed out, or ended within an answer.
    ServiceRequestError: SILENT,
    ServiceResponseError: SILENT,
    IncompleteReadError: SILENT,
    ConnectionError: SILENT,
    # Not JSON or XML, or half of it: a captive portal.
    DecodeError: FOREIGN,
    OSError: _NO_FILE,
    # Of a workload's token; the SDK decodes answers by itself.
    UnicodeDecodeError: ErrorRow(
        ConfigurationError,
        "the token file of the login is not UTF-8 text.",
        "Check AZURE_FEDERATED_TOKEN_FILE, and what writes it.",
    ),
}
"""Rows of every service of Azure, by class."""

LOGIN: Final = ErrorTable(
    COMMON,
    store="Entra",
    address="the option `authority` and AZURE_AUTHORITY_HOST",
    ca="REQUESTS_CA_BUNDLE",
)
METADATA: Final = ErrorTable(
    {**COMMON, ServiceRequestError: NOT_READY, ServiceResponseError: NOT_READY},
    store="the metadata server of this machine",
    address="IDENTITY_ENDPOINT",
    ca="REQUESTS_CA_BUNDLE",
)


def login_failure(error: Exception, login: Login) -> CredentialsError:
    """Return what a failed login means.

    Args:
        error: of azure-identity, which wraps what failed below it.
        login: the one that failed.
    """
    for below in chain_of(error):
        if isinstance(below, CredentialsError):  # of the transport that logs in
            return below.again()
        if isinstance(below, NOT_READ_ERRORS):
            return file_failure(below)
    is_absent = isinstance(error, CredentialUnavailableError)
    return LOGIN.error(_UNAVAILABLE if is_absent else _UNKNOWN, hint=HINTS.get(login.auth))


def file_failure(error: OSError) -> CredentialsError:
    """Return the error of a file; it names the variable, not the path, which may be a token."""
    names = [name for name in _FILE_VARIABLES if error.filename == os.environ.get(name, "")]
    hint = f"Check the file that {names[0]} names, and its mode." if names else None
    return LOGIN.error(_NO_FILE, hint=hint)
