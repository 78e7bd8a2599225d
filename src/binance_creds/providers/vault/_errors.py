"""What goes wrong with Vault and OpenBao, and which of our errors that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import hvac.exceptions
import requests

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.remote._error_row import (
    DOWN,
    FOREIGN,
    NO_URL,
    SILENT,
    THROTTLED,
    ErrorRow,
)
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds.errors import CredentialsError

__all__ = [
    "ABSENT",
    "ABSENT_OR_NO_VERSION",
    "DELETED",
    "DENIED",
    "DESTROYED",
    "EXPIRED",
    "NOT_INITIALISED",
    "NO_KV",
    "OF_ANOTHER_MOUNT",
    "PATH_OF_API",
    "SEALED",
    "TABLE",
    "is_absent",
    "refused_login",
    "said_by",
    "translated",
]

DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the version is deleted.",
    "Bring it back: vault kv undelete -versions=... MOUNT/PATH",
)
DESTROYED: Final = ErrorRow(
    SecretDisabledError, "the version is destroyed for good.", "Write a new version."
)
ABSENT: Final = ErrorRow(
    SecretNotFoundError,
    "there is no such secret.",
    "Write MOUNT/PATH as in 'vault kv get', without data/ between.",
)
PATH_OF_API: Final = ErrorRow(
    ConfigurationError,  # no absence: the next source may have an old pair
    "there is no such secret, and its path is written as in the HTTP API.",
    "Write MOUNT/PATH as in 'vault kv get', without data/ between.",
)
ABSENT_OR_NO_VERSION: Final = ErrorRow(
    SecretNotFoundError,
    "there is no such secret, or it has no such version.",
    "Check the path and the option `version`; a policy with 'read' on MOUNT/metadata/PATH tells "
    "the two apart.",
)
EXPIRED: Final = ErrorRow(
    AuthenticationError,
    "the token is not accepted: it has expired, was revoked, or is of another server.",
    "Log in again; a login method (?auth=...) renews itself, a pasted token does not.",
)
DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this token is not permitted to do this with the secret.",
    "Its policy needs 'read' on MOUNT/data/PATH (in KV 1 MOUNT/PATH), to go back 'read' on "
    "MOUNT/metadata/PATH, and to store 'create' and 'update' (in KV 1 'read' too). Check the "
    "mount as well: one that does not exist is denied too.",
)
NO_KV: Final = ErrorRow(
    ConfigurationError,
    "the mount is not a KV engine.",
    "Check the mount: vault secrets list",
    says="unsupported path",
)
OF_ANOTHER_MOUNT: Final = ErrorRow(
    ConfigurationError,
    "the mount is another one, or is KV version 2.",
    "Leave out `kv` and `mount`, and both are found.",
    says="versioned K/V",  # version 2 was asked as 1, or at a path that begins within its mount
)
NOT_INITIALISED: Final = ErrorRow(
    ProviderUnavailableError, "the server is not initialised.", "Run: vault operator init"
)
SEALED: Final = ErrorRow(
    ProviderUnavailableError,
    "the server is sealed.",
    "Unseal it: vault operator unseal",
    says="sealed",
)
_STANDBY: Final = ErrorRow(
    ProviderUnavailableError,
    "this node is a standby, and there is no active one.",
    "Wait for the election, or check the cluster.",
    says="not active",
)
_NO_NAMESPACE: Final = ErrorRow(
    ConfigurationError,
    "there is no such namespace.",
    "Check the option `namespace`, and VAULT_NAMESPACE.",
    says="namespace not found",
)
_UNMOUNTED: Final = "Check the options `auth_mount` and `namespace`."

# Source: Vault API documentation, HTTP status codes; OpenBao's is the same.
TABLE: Final = ErrorTable(
    {
        # 404; with no words, of anything but the secret itself, it is no answer of Vault's.
        hvac.exceptions.InvalidPath: (
            _NO_NAMESPACE,
            # No engine is mounted there, in this namespace.
            ErrorRow(
                ConfigurationError,
                "no secrets engine is mounted there.",
                "Check the mount, and the option `namespace`.",
                says="no handler for route",
            ),
            NO_KV,  # where `kv` says that it were one
            OF_ANOTHER_MOUNT,
            FOREIGN,
        ),
        hvac.exceptions.InvalidRequest: (  # 400
            # For a moment after a mount was made, or turned from version 1 into 2.
            ErrorRow(
                ProviderUnavailableError,
                "the mount is being upgraded.",
                "Try again in some seconds.",
                says="Upgrading from non-versioned",
            ),
            # Some releases say so instead of 403.
            EXPIRED._replace(says="missing client token"),
            ErrorRow(
                ConfigurationError,
                "the server refuses the request as invalid.",
                "Check the options.",
            ),
        ),
        hvac.exceptions.Unauthorized: EXPIRED,  # 401, of proxies in Vault's words
        hvac.exceptions.Forbidden: DENIED,  # 403 of anything but the secret, such as its mount
        hvac.exceptions.InternalServerError: (_STANDBY, DOWN),  # 500
        hvac.exceptions.VaultNotInitialized: NOT_INITIALISED,  # 501, of /sys/health
        hvac.exceptions.VaultDown: (SEALED, _STANDBY, DOWN),  # 503
        hvac.exceptions.BadGateway: DOWN,  # 502
        hvac.exceptions.UnexpectedError: DOWN,  # 412 of a standby that lags behind, and the like
        429: THROTTLED._replace(hint="A rate limit quota is set on it; poll less often."),
        # The address has no host, or a proxy's address is none.
        requests.exceptions.InvalidURL: NO_URL,
        # Refused, reset, timed out, no such host, or ended within an answer.
        OSError: SILENT,
    },
    store="the Vault server",
    address="`address` and VAULT_ADDR",
    ca="VAULT_CACERT or VAULT_CAPATH",
    certificate="VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
)


def translated(error: Exception) -> CredentialsError:
    """Return the error of what hvac or requests raised."""
    if not isinstance(error, hvac.exceptions.VaultError):
        return TABLE.raised(error)
    row = _gone(error)
    if row is not None:
        return TABLE.error(row)
    said = " ".join(said_by(error))
    return TABLE.answered(type(error).__mro__, said, status=None, is_own=True)


def refused_login(error: hvac.exceptions.VaultError, method: str, hint: str) -> CredentialsError:
    """Return the error of a login that the server refuses.

    Args:
        error: an answer of 400 to 404.
        method: the value of the option `auth`.
        hint: what to check where the method is there.
    """
    said = " ".join(said_by(error))
    if _NO_NAMESPACE.says in said:
        return TABLE.error(_NO_NAMESPACE)
    if "no handler" in said or NO_KV.says in said:
        absence = f"the auth method {method!r} is not mounted where it was looked for."
        return ConfigurationError(absence, hint=_UNMOUNTED)
    if isinstance(error, hvac.exceptions.Forbidden) or "missing client token" in said:
        # What is not mounted needs a token, and there is none before a login.
        denial = f"the server refuses the login {method!r}, or has no such method there."
        return AuthenticationError(denial, hint=f"{_UNMOUNTED} {hint}")
    return AuthenticationError(f"the {method} login is refused.", hint=hint)


def is_absent(error: Exception) -> bool:
    """Return whether the server says that there is nothing, and no more."""
    return isinstance(error, hvac.exceptions.InvalidPath) and error.json == {"errors": []}


def said_by(error: hvac.exceptions.VaultError) -> Iterator[str]:
    """Give the server's own words, to be matched and never repeated."""
    body: Any = error.json if isinstance(error.json, dict) else {}
    for name in ("errors", "warnings"):
        texts = body.get(name)
        yield from map(str, texts if isinstance(texts, list) else ())


def _gone(error: hvac.exceptions.VaultError) -> ErrorRow | None:
    """Return what became of the version: a 404 with metadata is of one that was there."""
    body = error.json if isinstance(error, hvac.exceptions.InvalidPath) else None
    held = body.get("data") if isinstance(body, dict) else None
    version: Any = held.get("metadata") if isinstance(held, dict) else None
    if not isinstance(version, dict):
        return None
    return DESTROYED if version.get("destroyed") else DELETED
