"""What goes wrong with a queue of SQS, and which of our errors that is."""

from __future__ import annotations

from typing import Final

from binance_creds.errors import AccessDeniedError, ConfigurationError
from binance_creds.providers.aws._login_errors import COMMON
from binance_creds.providers.aws._role_errors import ROLE, SSO_ROLE
from binance_creds.providers.remote._error_row import THROTTLED, ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

__all__ = ["TABLE"]

_NO_QUEUE: Final = ErrorRow(
    ConfigurationError,
    "there is no such queue.",
    "Check account, region and name in the URL of the queue.",
)
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not receive from the queue.",
    "Allow sqs:ReceiveMessage and sqs:DeleteMessage on it, or check whose credentials are used.",
)
_KEY_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not decrypt the messages of the queue.",
    "Allow kms:Decrypt on the KMS key of the queue.",
)
_KEY_OFF: Final = ErrorRow(
    ConfigurationError,
    "the KMS key of the queue cannot decrypt its messages.",
    "Enable the key, or choose another for the queue.",
)
_WRONG_CALL: Final = ErrorRow(
    ConfigurationError, "SQS refuses the request as invalid.", "Check the URL of the queue."
)

# Codes in the spelling of the JSON protocol and of the older one, which AWS still sends beside it.
# None is "not found": that says that the secret itself is gone.
# Source: API reference, ReceiveMessage and DeleteMessageBatch.
TABLE: Final = ErrorTable(
    {
        **COMMON,
        # The URL is wrong, or the queue was deleted.
        "AWS.SimpleQueueService.NonExistentQueue": _NO_QUEUE,
        "QueueDoesNotExist": _NO_QUEUE,
        "InvalidAddress": _NO_QUEUE,
        # The policy of the identity, or of the queue; or STS refused the role of the profile.
        "AccessDenied": (ROLE, _DENIED),
        "AccessDeniedException": _DENIED,
        # The SSO portal refused the role; one that is not there is "not found" to it.
        "ForbiddenException": (SSO_ROLE, _DENIED),
        "ResourceNotFoundException": SSO_ROLE,
        # The queue is encrypted with a key of the customer's.
        "KMS.AccessDeniedException": _KEY_DENIED,
        "KmsAccessDenied": _KEY_DENIED,
        "KMS.DisabledException": _KEY_OFF,
        "KmsDisabled": _KEY_OFF,
        "KMS.InvalidStateException": _KEY_OFF,
        "KmsInvalidState": _KEY_OFF,
        "KMS.NotFoundException": _KEY_OFF,
        "KmsNotFound": _KEY_OFF,
        "KMS.InvalidKeyUsageException": _KEY_OFF,
        "KmsInvalidKeyUsage": _KEY_OFF,
        "KMS.OptInRequired": _KEY_OFF,
        "KmsOptInRequired": _KEY_OFF,
        "KMS.ThrottlingException": THROTTLED,
        "KmsThrottled": THROTTLED,
        # 120,000 messages are received and not deleted, or a FIFO queue is asked too often.
        "OverLimit": THROTTLED,
        "RequestThrottled": THROTTLED,
        # Plain HTTP, or a call that this queue does not know.
        "InvalidSecurity": _WRONG_CALL,
        "UnsupportedOperation": _WRONG_CALL,
        "AWS.SimpleQueueService.UnsupportedOperation": _WRONG_CALL,
        "InvalidParameterValue": _WRONG_CALL,
    },
    store="SQS",
    address="the URL of the queue",
    ca="AWS_CA_BUNDLE",
)
