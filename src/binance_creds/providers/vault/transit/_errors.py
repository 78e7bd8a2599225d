"""What goes wrong with a key of Transit, and which of our errors that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import hvac.exceptions

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    MalformedSecretError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.vault._errors import TABLE, said_by

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = [
    "ABSENT",
    "DENIED",
    "NO_VERSION",
    "OTHER_VERSION",
    "PUBLIC_ONLY",
    "SOFT_DELETED",
    "TOO_OLD",
    "TRIMMED",
    "translated",
]

ABSENT: Final = ErrorRow(
    SecretNotFoundError,
    "there is no such key.",
    "Check mount and name: vault list MOUNT/keys",
)
NO_VERSION: Final = ErrorRow(
    SecretNotFoundError,
    "the key has no such version.",
    "Check the option `key_version`; if it is not set, the key was made anew: load again.",
)
TOO_OLD: Final = ErrorRow(
    SecretDisabledError,
    "the key may no longer sign with this version: it is below `min_encryption_version` or "
    "`min_decryption_version`.",
    "Leave out `key_version` for the latest, or lower both: vault write MOUNT/keys/KEY/config ...",
)
TRIMMED: Final = ErrorRow(
    SecretDisabledError,
    "the version of the key was trimmed, and is gone for good.",
    "Leave out `key_version` for the latest.",
)
SOFT_DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the key is soft-deleted.",
    "Bring it back: bao write -f MOUNT/keys/KEY/soft-delete-restore",
    says="soft-deleted",
)
PUBLIC_ONLY: Final = ErrorRow(
    SecretDisabledError,
    "the version of the key is a public half only, and cannot sign.",
    "Import its private half, or make a key in Transit.",
    says="does not contain a private part",
)
OTHER_VERSION: Final = ErrorRow(
    MalformedSecretError,
    "the answer was made with another version of the key than the one that was asked for.",
    "Check what stands between this program and the server.",
    reason="signature_mismatch",
)
DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this token is not permitted to use the key.",
    "Its policy needs 'read' on MOUNT/keys/KEY and 'update' on MOUNT/sign/KEY, or for HMAC on "
    "MOUNT/hmac/KEY/sha2-256; to make a key 'create' and 'update' on MOUNT/keys/KEY. Check the "
    "mount as well: one that does not exist is denied too.",
)
_OTHER_KIND: Final = ErrorRow(
    MalformedSecretError,
    "the key cannot sign: it was made anew, of another kind.",
    "Load again; the error then says which kind it is.",
    says="does not support signing",
    reason="unsupported_key",
)
_NO_TRANSIT: Final = ErrorRow(
    ConfigurationError, "the mount is not a Transit engine.", "Check the mount: vault secrets list"
)

# Source: the words of OpenBao 2.6.2, builtin/logical/transit and sdk/helper/keysutil/policy.go.
_REFUSED: Final = (
    ABSENT._replace(says="key not found"),
    SOFT_DELETED,
    PUBLIC_ONLY,
    _OTHER_KIND,
    NO_VERSION._replace(says="higher than the latest"),
    NO_VERSION._replace(says="key version does not exist"),
    TOO_OLD._replace(says="less than the minimum"),
    TOO_OLD._replace(says="too old"),
    TOO_OLD._replace(says="no such key version"),
)
_TABLE: Final = TABLE.with_first(
    {
        hvac.exceptions.InvalidPath: tuple(  # 404
            _NO_TRANSIT._replace(says=says) for says in ("unsupported path", "versioned K/V")
        ),
        hvac.exceptions.InvalidRequest: _REFUSED,  # 400, of `hmac`
        hvac.exceptions.InternalServerError: _REFUSED,  # 500, of `sign`
    }
)


def translated(error: Exception) -> CredentialsError:
    """Return the error of what hvac or requests raised."""
    if not isinstance(error, hvac.exceptions.VaultError):
        return TABLE.raised(error)
    said = " ".join(said_by(error))
    return _TABLE.answered(type(error).__mro__, said, status=None, is_own=True)
