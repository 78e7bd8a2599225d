"""`sqs:QUEUE_URL`: events of AWS Secrets Manager that EventBridge sends to an SQS queue."""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.aws._sqs import SqsAnnouncements

__all__ = ["SqsAnnouncements"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="aws")
