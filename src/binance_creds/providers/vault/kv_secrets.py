"""`vault://MOUNT/PATH` or `openbao://MOUNT/PATH`: the KV engine of Vault and OpenBao, on hvac.

A load is one read, after a login and, where `kv` is not given, one question which mount the path
is in; both are remembered for the process. A refresh reads the metadata, and a new version by its
number.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.vault._kv_secrets import VaultProvider

__all__ = ["VaultProvider"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="vault")
