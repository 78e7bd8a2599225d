"""What goes wrong with Secrets Manager, and which of our errors that is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import botocore.exceptions

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.errors import (
    AccessDeniedError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.aws._login_errors import COMMON, NO_FILE, WRONG_CALL
from binance_creds.providers.aws._role_errors import ROLE, SSO_ROLE
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = ["DELETED", "NO_VERSION", "TABLE", "UNSPREAD", "translated"]

_FILE_VARIABLES: Final = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE",
)  # fmt: skip

NO_VERSION: Final = ErrorRow(
    SecretNotFoundError,
    "the secret exists, but no version of it has this stage or id.",
    "Write a value, or check the options `stage` and `version_id`.",
    says="secret value for",
)
DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the secret is scheduled for deletion.",
    "Bring it back: aws secretsmanager restore-secret --secret-id ...",
    says="delet",
)
UNSPREAD: Final = ErrorRow(
    ProviderUnavailableError,
    "the new version has not reached every server yet.",
    "Try again in some seconds.",
)
"""A version that was described a moment ago, and is not there to be read."""

_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not read the secret.",
    "Allow secretsmanager:GetSecretValue on it, or check whose credentials are used.",
)

# Throttling and most refusals arrive as HTTP 400. Source: API reference, GetSecretValue.
TABLE: Final = ErrorTable(
    {
        **COMMON,
        # The name, account or region is wrong; or the secret has no value under this stage or id.
        "ResourceNotFoundException": (
            SSO_ROLE,
            NO_VERSION,
            ErrorRow(
                SecretNotFoundError,
                "there is no such secret in this account and region.",
                "Check name and region; a secret of another account needs its full ARN.",
            ),
        ),
        # Deleted with a recovery window, which can be undone; or the call does not fit its state.
        "InvalidRequestException": (DELETED, WRONG_CALL),
        # The id and the stage name two versions, or a character is not allowed.
        "InvalidParameterException": WRONG_CALL,
        "ValidationException": WRONG_CALL,
        # Another writer was faster: for CreateSecret, UpdateSecretVersionStage.
        "ResourceExistsException": CHANGED,
        # The policy of the identity, of the secret, or of the KMS key.
        "AccessDeniedException": (
            ErrorRow(
                AccessDeniedError,
                "this identity may read the secret but not decrypt it.",
                "Allow kms:Decrypt on the KMS key of the secret.",
                says="KMS",
            ),
            _DENIED,
        ),
        # The SSO portal refused the role; one that is not there is "not found" to it.
        "ForbiddenException": (SSO_ROLE, _DENIED),
        # The account may not use the service.
        "NotAuthorized": _DENIED,
        "OptInRequired": _DENIED,
        # STS refused the role.
        "AccessDenied": ROLE._replace(says=""),
        # The KMS key is disabled or about to be deleted.
        "DecryptionFailure": ErrorRow(
            SecretDisabledError,
            "the KMS key of the secret cannot decrypt it.",
            "Enable the key, or cancel its deletion.",
        ),
    },
    store="AWS",
    address="`endpoint_url` and AWS_ENDPOINT_URL",
    ca="AWS_CA_BUNDLE",
)


def translated(error: Exception, table: ErrorTable = TABLE) -> CredentialsError:
    """Return the error of what botocore raised.

    Args:
        error: anything.
        table: of the service that was asked.
    """
    if isinstance(error, OSError) and not isinstance(error, botocore.exceptions.BotoCoreError):
        return table.error(NO_FILE, hint=_variable_hint(error))
    if not isinstance(error, botocore.exceptions.ClientError):
        return table.raised(error)
    told, metadata = error.response["Error"], error.response.get("ResponseMetadata", {})
    code = told.get("Code", "")
    return table.answered(
        (code,),
        str(error),
        status=metadata.get("HTTPStatusCode"),
        is_own=bool(code) and not code.isdecimal(),  # botocore takes the status for a code
        retry_after_seconds=retry_after_seconds(metadata.get("HTTPHeaders", {}).get("retry-after")),
    )


def _variable_hint(error: OSError) -> str | None:
    """Name the variable, and not the path: it may hold a token in place of one."""
    names = [name for name in _FILE_VARIABLES if error.filename == os.environ.get(name, "")]
    return f"Check the file that {names[0]} names, and its mode." if names else None
