"""`aws-sm://NAME` or `aws-sm:ARN`: AWS Secrets Manager, on boto3.

A load is one GetSecretValue. A refresh asks DescribeSecret for the version that holds the stage
and reads only a new one, by its id, because a read by stage may lag behind a rotation.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.aws._secrets_manager import SecretsManagerProvider

__all__ = ["SecretsManagerProvider"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="aws")
