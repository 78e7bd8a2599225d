"""What goes wrong with a key of AWS KMS, and which of our errors that is."""

from __future__ import annotations

from typing import Final

import botocore.exceptions

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.aws._login_errors import COMMON
from binance_creds.providers.aws._role_errors import LOGIN_CALL, ROLE, SSO_ROLE
from binance_creds.providers.remote._error_row import DOWN, ErrorRow, NotReadyError
from binance_creds.providers.remote._errors import ErrorTable

__all__ = ["NOT_SEEN", "TABLE", "UNSPREAD"]

_ABSENT: Final = ErrorRow(
    SecretNotFoundError,
    "there is no such key or alias in this account and region.",
    "Check key and region; a key of another account needs its full ARN.",
)
_DISABLED: Final = ErrorRow(
    SecretDisabledError, "the key is disabled.", "Enable it: aws kms enable-key --key-id ..."
)
_STATE: Final = ErrorRow(
    SecretDisabledError,
    "the key is in a state in which it does not sign.",
    "See which with: aws kms describe-key --key-id ...",
)
_DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the key is scheduled for deletion.",
    "Bring it back: aws kms cancel-key-deletion --key-id ..., and enable it.",
    says="pending deletion",
)
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not use the key.",
    "Allow kms:GetPublicKey and kms:Sign on it, or check the region and whose credentials are"
    " used.",
)
_MAY_NOT_MAKE: Final = tuple(
    ErrorRow(
        AccessDeniedError,
        "this identity may not make a key.",
        "Allow kms:CreateKey, kms:CreateAlias, kms:ListKeys, kms:ListAliases, kms:DescribeKey and"
        " kms:GetPublicKey.",
        says=f"the {operation} operation",
    )
    for operation in ("CreateKey", "CreateAlias", "ListKeys", "ListAliases")
)
_NO_SUCH_TYPE: Final = ErrorRow(
    ConfigurationError,
    "AWS KMS makes no keys of this type in this region.",
    "Try the other one, --type ed25519 or --type rsa, or another region.",
    says="the CreateKey operation",
)
_QUOTA: Final = ErrorRow(
    ConfigurationError,
    "the account has as many keys, or aliases of one key, as its quota allows.",
    "Delete some, or raise the quota.",
)
UNSPREAD: Final = ErrorRow(
    NotReadyError,
    "the new key has not reached every server of AWS KMS yet.",
    "Wait some minutes, and run it again.",
)
NOT_SEEN: Final = ErrorRow(
    NotReadyError,
    "the answer to CreateKey was lost, and the key that it may have made is not to be seen yet.",
    "Wait some minutes, and run it again: that takes the key, or makes one.",
)
_NOT_NOW: Final = ErrorRow(
    ProviderUnavailableError, "the key is not available at the moment.", "Try again later."
)
_OTHER_USE: Final = ErrorRow(
    MalformedSecretError,
    "the key of this signer is for another use than signing.",
    "Make a key with the usage SIGN_VERIFY.",
    reason="unsupported_key",
)
_WRONG_CALL: Final = ErrorRow(
    ConfigurationError, "AWS KMS refuses the request as invalid.", "Check the key in the URI."
)

# Source: API reference, GetPublicKey, Sign, CreateKey, CreateAlias, and Common Error Types.
TABLE: Final = ErrorTable(
    {
        **COMMON,
        "NotFoundException": _ABSENT,
        "DisabledException": _DISABLED,
        # Pending deletion or import, or its key store is disconnected.
        "KMSInvalidStateException": (_DELETED, _STATE),
        # The policy of the key or of the identity; also a key of another account that is not there.
        "AccessDeniedException": (*_MAY_NOT_MAKE, _DENIED),
        # The SSO portal refused the role; one that is not there is "not found" to it.
        "ForbiddenException": (SSO_ROLE, _DENIED),
        "ResourceNotFoundException": SSO_ROLE,
        # The account may not use the service.
        "NotAuthorized": _DENIED,
        "OptInRequired": _DENIED,
        # STS refused the role.
        "AccessDenied": ROLE._replace(says=""),
        # A key for encryption, or of another algorithm; a symmetric one.
        "InvalidKeyUsageException": _OTHER_USE,
        "UnsupportedOperationException": (_NO_SUCH_TYPE, _OTHER_USE),
        # "You can retry the request."
        "KeyUnavailableException": _NOT_NOW,
        "DependencyTimeoutException": DOWN,
        "KMSInternalException": DOWN,
        "InvalidArnException": _WRONG_CALL,
        "ValidationException": (_NO_SUCH_TYPE, _WRONG_CALL),
        # Of what an account may have; too many requests are a ThrottlingException here.
        "LimitExceededException": _QUOTA,
        botocore.exceptions.ParamValidationError: (*LOGIN_CALL, _WRONG_CALL),
    },
    store="AWS KMS",
    address="`endpoint_url` and AWS_ENDPOINT_URL",
    ca="AWS_CA_BUNDLE",
)
