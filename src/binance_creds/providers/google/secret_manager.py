"""`gcp-sm://PROJECT/SECRET`: GCP Secret Manager, on google-cloud-secret-manager.

A load is one AccessSecretVersion, and a GetSecretVersion for the time of creation. A refresh asks
GetSecretVersion, which is free and resolves `latest` and aliases to a number, and reads only a new
version, by its number.

No channel is open between calls: gRPC does not survive a fork with one.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.google._secret_manager import SecretManagerProvider

__all__ = ["SecretManagerProvider"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="gcp")
