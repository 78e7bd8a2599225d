"""From what Redis and its client say to our errors."""

from __future__ import annotations

from typing import Final

import redis.exceptions

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
)
from binance_creds.providers.remote._error_row import SILENT, ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

__all__ = ["translated"]

_BUSY: Final = ErrorRow(ProviderUnavailableError, "Redis cannot serve this now.")
_SILENT: Final = SILENT._replace(hint="Check {address}, and the network between.")

_TABLE: Final = ErrorTable(
    {
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
            "Allow it: ACL SETUSER ... +subscribe +publish &CHANNEL,"
            " or +xread +xrevrange +xadd ~NAME.",
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
            "Check the database's number, that the stream is one, and that this is Redis 5 or"
            " later.",
        ),
        # Refused, timed out, reset, too many clients, or something that is no Redis.
        redis.exceptions.RedisError: _SILENT,
        OSError: _SILENT,
    },
    store="Redis",
    address="the address",
    ca="SSL_CERT_FILE",
)


def translated(error: Exception) -> CredentialsError:
    return _TABLE.raised(error)
