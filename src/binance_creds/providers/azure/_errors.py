"""What goes wrong with a key vault, and which of our errors that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from azure.core.exceptions import ClientAuthenticationError, DecodeError, HttpResponseError

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.azure._login_errors import (
    COMMON,
    NOT_READ_ERRORS,
    file_failure,
    login_failure,
)
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds.errors import CredentialsError
    from binance_creds.providers.azure._login import Login

__all__ = [
    "DELETED",
    "DISABLED",
    "EARLY",
    "EXPIRED",
    "NO_OTHER",
    "OF_A_VAULT",
    "TABLE",
    "Service",
    "codes_of",
    "translated",
]

DISABLED: Final = ErrorRow(
    SecretDisabledError,
    "this version of the secret is disabled.",
    "Enable it: az keyvault secret set-attributes --enabled true ...",
)
EXPIRED: Final = ErrorRow(
    SecretDisabledError,
    "this version of the secret has expired.",
    "Store a new one, or move the date: az keyvault secret set-attributes --expires ...",
)
EARLY: Final = ErrorRow(
    SecretDisabledError,
    "this version of the secret is not valid yet.",
    "Wait, or move the date: az keyvault secret set-attributes --not-before ...",
)
DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the secret is deleted and can be recovered.",
    "Bring it back: az keyvault secret recover --vault-name ... --name ...",
)
NO_OTHER: Final = ErrorRow(SecretNotFoundError, "no other version of the secret is usable.")

_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity lacks the permission in the vault.",
    "Assign it 'Key Vault Secrets User' ('Officer' to store); it takes effect after some minutes.",
)
_WRONG_CALL: Final = ErrorRow(
    ConfigurationError,
    "the vault refuses the request as invalid.",
    "Check the secret's name and 'version'.",
)
_OTHER_RESOURCE: Final = ErrorRow(
    ConfigurationError,
    "the vault asks for a login at another resource.",
    "Check the host; for a private cloud its address, port included, must be below that resource.",
)

# By the code of the error's innermost part that has a row, else of its outer part, else by status.
# Source: learn.microsoft.com, "Azure Key Vault REST API error codes".
OF_A_VAULT: Final[dict[object, ErrorRow | tuple[ErrorRow, ...]]] = {
    **COMMON,
    # The challenge names a resource that this host does not belong to: a vault's name that
    # someone else answers to must not get a token for another.
    ValueError: _OTHER_RESOURCE._replace(says="challenge"),
    # The vault's firewall does not know this address.
    "ForbiddenByFirewall": ErrorRow(
        AccessDeniedError,
        "the vault's firewall refuses this address.",
        "Add it: az keyvault network-rule add ..., or come through its network.",
    ),
    # Public access is off, and this is not its private endpoint.
    "ForbiddenByConnection": ErrorRow(
        AccessDeniedError,
        "the vault is reached through its private endpoint only.",
        "Run inside its network, and check that its name resolves to the private address.",
    ),
    # The token is of another tenant than the vault's, or was revoked.
    401: ErrorRow(
        AuthenticationError,
        "the vault does not accept the token of this login.",
        "Log in to the vault's own tenant: ?tenant_id=... or AZURE_TENANT_ID.",
    ),
}
"""Rows of secrets and keys alike."""

TABLE: Final = ErrorTable(
    {
        **OF_A_VAULT,
        # Never existed, was purged, or has no such version; the same for a soft-deleted one.
        "SecretNotFound": ErrorRow(
            SecretNotFoundError,
            "there is no such secret or version in this vault.",
            "Check vault, name and 'version'.",
        ),
        # `enabled` is false for this version.
        "SecretDisabled": DISABLED,
        # The vault uses access policies, and none has the permission for this identity.
        "ForbiddenByPolicy": ErrorRow(
            AccessDeniedError,
            "no access policy of the vault allows this.",
            "Allow it: az keyvault set-policy --secret-permissions get ...",
        ),
        # The vault uses roles, and none is assigned to this identity, or was a moment ago.
        "AccessDenied": _DENIED,
        "ForbiddenByRbac": _DENIED,
        # A write to the name of a secret that is soft-deleted.
        "ObjectIsDeletedButRecoverable": DELETED,
        "ObjectIsBeingDeleted": DELETED,
        # A version or name that the vault takes for malformed; a value above 25 KB.
        "BadParameter": _WRONG_CALL,
        # Also: the API version is not known in a private cloud.
        400: _WRONG_CALL,
        403: _DENIED,
        # Another writer at the same moment.
        409: CHANGED,
    },
    store="the vault",
    address="the source's location",
    ca="REQUESTS_CA_BUNDLE",
)


class Service(NamedTuple):
    """What goes wrong with one service of Azure.

    Attributes:
        table: of its errors.
        codes: those of an answer, the most telling first; none if it is not of this service.
    """

    table: ErrorTable
    codes: Callable[[HttpResponseError], tuple[str, ...]]


def codes_of(error: HttpResponseError) -> tuple[str, ...]:
    """Return the codes of a vault's refusal."""
    inner = error.error.innererror if error.error else None
    outer = error.error.code if error.error else None
    found = inner.get("code") if isinstance(inner, dict) else None
    return tuple(code for code in (found, outer) if isinstance(code, str))


_VAULT: Final = Service(TABLE, codes_of)


def translated(
    error: Exception, url: str, login: Login, service: Service = _VAULT
) -> CredentialsError:
    """Return the error of what an SDK raised.

    Args:
        error: anything.
        url: with which the requests to the service begin: a 401 of the service and a refused
            login are of one class.
        login: which the service is asked with.
        service: that was asked.
    """
    if isinstance(error, NOT_READ_ERRORS):
        return file_failure(error)
    response = getattr(error, "response", None)
    asked = getattr(getattr(response, "request", None), "url", "").startswith(url)
    if isinstance(error, ClientAuthenticationError) and not asked:
        return login_failure(error, login)
    if isinstance(error, HttpResponseError) and response is not None:
        return _answered(error, service)
    return service.table.raised(error)


def _answered(error: HttpResponseError, service: Service) -> CredentialsError:
    headers: Mapping[str, str] = getattr(error.response, "headers", {})
    codes = () if isinstance(error, DecodeError) else service.codes(error)
    return service.table.answered(
        (*codes, error.status_code),
        "",
        status=error.status_code,
        is_own=bool(codes),
        retry_after_seconds=retry_after_seconds(headers.get("Retry-After")),
    )
