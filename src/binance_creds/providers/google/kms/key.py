"""`gcp-kms:projects/.../cryptoKeyVersions/N`: sign with a key of Google Cloud KMS.

The public half is read once with GetPublicKey; each signature is one AsymmetricSign. Keys that sign
have no current version, so the version is always named.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.google.kms._key import CloudKmsKey

__all__ = ["CloudKmsKey"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="gcp-kms")
