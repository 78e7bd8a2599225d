"""`azure-keys://VAULT/KEY`: sign with an RSA key of Azure Key Vault; it has no Ed25519 keys.

The public half is read with GetKey, which also tells the current version; each signature is one
Sign of that version.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.azure.keys._key import VaultKey

__all__ = ["VaultKey"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="azure-keys")
