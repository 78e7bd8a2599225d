"""What goes wrong with a Storage Queue, and which of our errors that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import AccessDeniedError, AuthenticationError, ConfigurationError
from binance_creds.providers.azure._errors import Service
from binance_creds.providers.azure._login_errors import COMMON
from binance_creds.providers.azure._storage_queue._name import BY_KEY
from binance_creds.providers.remote._error_row import THROTTLED, ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError

__all__ = ["ALREADY_DELETED", "NO_VARIABLE", "OTHER_ACCOUNT", "QUEUES", "VARIABLE", "codes_of"]

VARIABLE: Final = "AZURE_STORAGE_CONNECTION_STRING"
ALREADY_DELETED: Final = frozenset({"MessageNotFound", "PopReceiptMismatch"})
"""Codes for a message that came again before it was deleted."""

NO_VARIABLE: Final = ErrorRow(
    AuthenticationError, f"the login by {BY_KEY!r} needs the variable {VARIABLE}."
)
OTHER_ACCOUNT: Final = ErrorRow(
    ConfigurationError,
    f"{VARIABLE} belongs to another account than the location.",
    "Write the account's URL in the source as the variable has it.",
)
_NO_QUEUE: Final = ErrorRow(
    ConfigurationError, "there is no such queue in this account.", "Run: az storage queue create"
)
_REFUSED: Final = ErrorRow(
    AuthenticationError,
    "the account does not accept this login.",
    "Check tenant, key or signature, and this machine's clock.",
)

# By code, else by status. None is "not found": that says that the secret itself is gone.
# Source: learn.microsoft.com, "Common REST API error codes" and "Queue Storage error codes".
_TABLE: Final = ErrorTable(
    {
        **COMMON,
        # It was never made, or was deleted, or is being deleted.
        "QueueNotFound": _NO_QUEUE,
        "QueueBeingDeleted": _NO_QUEUE,
        "ResourceNotFound": _NO_QUEUE,
        # The key was rotated, a signature has expired, or the clock is off by a quarter of an hour.
        "AuthenticationFailed": _REFUSED,
        # The token is of another tenant, was revoked, or is none.
        "InvalidAuthenticationInfo": _REFUSED,
        # The account's network rules do not know this address.
        "AuthorizationFailure": ErrorRow(
            AccessDeniedError,
            "the account does not allow this, or its firewall refuses this address.",
            "Add the address: az storage account network-rule add ..., or assign the role.",
        ),
        # The account takes no keys, only logins.
        "KeyBasedAuthenticationNotPermitted": ErrorRow(
            AccessDeniedError, "the account takes no keys.", "Log in: ?auth=managed, workload, ..."
        ),
        # The account has more requests than it may have.
        "ServerBusy": THROTTLED,
        # Also: the API version is not known in a private cloud, or to an older emulator.
        400: ErrorRow(ConfigurationError, "the queue service refuses the request as invalid."),
        401: _REFUSED,
        # No role for this identity (AuthorizationPermissionMismatch), or assigned a moment ago.
        403: ErrorRow(
            AccessDeniedError,
            "this identity may not read the queue.",
            "Assign it 'Storage Queue Data Message Processor'; it takes effect after some minutes.",
        ),
    },
    store="the queue service",
    address="the URL of the queue",
    ca="REQUESTS_CA_BUNDLE",
)


def codes_of(error: AzureError) -> tuple[str, ...]:
    """Return the code of an answer, which the service gives in a header."""
    code = getattr(getattr(error, "response", None), "headers", {}).get("x-ms-error-code")
    return (code,) if code else ()


QUEUES: Final = Service(_TABLE, codes_of)
