"""What goes wrong with a key in a vault of Azure, and which of our errors that is."""

from __future__ import annotations

from typing import Final

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.azure._errors import OF_A_VAULT, Service, codes_of
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

__all__ = ["DELETED", "DISABLED", "EARLY", "EXPIRED", "KEYS", "SERVICE"]

DISABLED: Final = ErrorRow(
    SecretDisabledError,
    "this version of the key is disabled.",
    "Enable it: az keyvault key set-attributes --enabled true ...",
)
EXPIRED: Final = ErrorRow(
    SecretDisabledError,
    "this version of the key has expired.",
    "Make a new one, or move the date: az keyvault key set-attributes --expires ...",
)
EARLY: Final = ErrorRow(
    SecretDisabledError,
    "this version of the key is not valid yet.",
    "Wait, or move the date: az keyvault key set-attributes --not-before ...",
)
DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the key is deleted and can be recovered.",
    "Bring it back: az keyvault key recover --vault-name ... --name ...",
)
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not use the keys of the vault.",
    "Assign it 'Key Vault Crypto User' on the key, or 'Key Vault Crypto Officer' on the vault to"
    " make one; it takes effect after some minutes.",
)
_WRONG_CALL: Final = ErrorRow(
    ConfigurationError,
    "the vault refuses the request as invalid.",
    "Check the key's name and 'version', and that the key may sign.",
)

KEYS: Final = ErrorTable(
    {
        **OF_A_VAULT,
        # Never existed, was purged, or has no such version; the same for a soft-deleted one.
        "KeyNotFound": ErrorRow(
            SecretNotFoundError,
            "there is no such key or version in this vault.",
            "Check vault, name and 'version'.",
        ),
        # What the vault refuses of a version by its attributes.
        "KeyDisabled": DISABLED,
        "KeyExpired": EXPIRED,
        "KeyNotYetValid": EARLY,
        # The vault uses access policies, and none has the permission for this identity.
        "ForbiddenByPolicy": ErrorRow(
            AccessDeniedError,
            "no access policy of the vault allows this.",
            "Allow it: az keyvault set-policy --key-permissions get sign ...; to make a key, get"
            " create list.",
        ),
        # The vault uses roles, and none is assigned to this identity, or was a moment ago.
        "AccessDenied": _DENIED,
        "ForbiddenByRbac": _DENIED,
        # A new key with the name of one that is soft-deleted.
        "ObjectIsDeletedButRecoverable": DELETED,
        "ObjectIsBeingDeleted": DELETED,
        "BadParameter": _WRONG_CALL,
        400: _WRONG_CALL,
        403: _DENIED,
    },
    store="the vault",
    address="the source's location",
    ca="REQUESTS_CA_BUNDLE",
)
SERVICE: Final = Service(KEYS, codes_of)
