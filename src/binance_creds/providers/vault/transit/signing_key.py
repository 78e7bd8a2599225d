"""`vault-transit://MOUNT/KEY`: a key of the Transit engine of Vault and OpenBao, on hvac.

An Ed25519 or RSA key signs there; an HMAC key is the secret of an API key that was imported. A load
reads what the key is, after a login that is remembered for the process; a signature is one request.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.vault.transit._signing_key import TransitKey

__all__ = ["TransitKey"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="vault")
