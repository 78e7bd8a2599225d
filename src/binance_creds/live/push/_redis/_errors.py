"""From what Redis and its client say to our errors."""

from __future__ import annotations

import ssl
from typing import Final

import redis.exceptions

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
)
from binance_creds.providers.remote._error_row import ErrorRow

__all__ = ["translated"]

_SILENT: Final = ErrorRow(
    ProviderUnavailableError,
    "Redis does not answer.",
    "Check the address, and the network between.",
)
_BUSY: Final = ErrorRow(ProviderUnavailableError, "Redis cannot serve this now.")
_UNTRUSTED: Final = ErrorRow(
    ConfigurationError,
    "the certificate of the server is not trusted.",
    "For a private CA set SSL_CERT_FILE; else the connection may be intercepted.",
)

_CLASSES: Final[dict[type[Exception], ErrorRow]] = {
    # A wrong password or user, or none where one is needed.
    redis.exceptions.AuthenticationError: ErrorRow(
        AuthenticationError,
        "Redis does not accept this user and password.",
        "Set REDIS_PASSWORD, and REDIS_USERNAME for a user other than the default one.",
    ),
    # The ACL of the user lacks the command, the channel or the key.
    redis.exceptions.NoPermissionError: ErrorRow(
        AccessDeniedError,
        "this user may not use the channel or stream.",
        "Allow it: ACL SETUSER ... +subscribe +publish &CHANNEL, or +xread +xrevrange +xadd ~NAME.",
    ),
    # Started a moment ago, and still reading its data.
    redis.exceptions.BusyLoadingError: _BUSY,
    # `announce` came to a replica, as it does while another primary is chosen.
    redis.exceptions.ReadOnlyError: ErrorRow(
        ProviderUnavailableError,
        "this Redis is a replica, which takes no announcement.",
        "Write the primary's address.",
    ),
    # A replica that lost its primary; a cluster without a majority.
    redis.exceptions.ClusterDownError: _BUSY,
    redis.exceptions.TryAgainError: _BUSY,
    # More memory is used than allowed; `announce` alone needs some.
    redis.exceptions.OutOfMemoryError: _BUSY,
    # Another node of a cluster has the stream; a channel is heard at every node.
    redis.exceptions.AskError: ErrorRow(
        ConfigurationError,
        "the stream is at another node of the cluster.",
        "Use a channel, or write the address of that node.",
    ),
    # The database's number is too high, the key is no stream, or the server knows none.
    redis.exceptions.ResponseError: ErrorRow(
        ConfigurationError,
        "Redis refuses the command.",
        "Check the database's number, that the stream is one, and that this is Redis 5 or later.",
    ),
    # Refused, no such host, timed out, reset, too many clients, or something that is no Redis.
    redis.exceptions.RedisError: _SILENT,
    OSError: _SILENT,
}


def translated(error: Exception) -> CredentialsError:
    row = _UNTRUSTED if _is_untrusted(error) else None
    for kind in type(error).__mro__:
        row = row or _CLASSES.get(kind)
    if row is None:
        return ProviderUnavailableError(f"listening failed ({type(error).__name__}).")
    return row.error()


def _is_untrusted(error: BaseException | None) -> bool:
    """Return whether it came of a certificate: the client says only that it could not connect."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
