"""`aws-kms://KEY` or `aws-kms:ARN`: sign with a key of AWS KMS, on boto3.

The public half is read once with GetPublicKey; each signature is one call of Sign.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.aws.kms._key import KmsKey

__all__ = ["KmsKey"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="aws")
