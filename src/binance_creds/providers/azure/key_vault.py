"""`azure-kv://VAULT/NAME`: Azure Key Vault, on azure-keyvault-secrets and azure-identity.

A load is one GetSecret, and so are a probe and a refresh: the vault has no cheaper call that tells
the current version.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.azure._key_vault import KeyVaultProvider

__all__ = ["KeyVaultProvider"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="azure")
