"""`storage-queue:https://ACCOUNT.queue.core.windows.net/QUEUE`: Key Vault's events from Event Grid.

On azure-storage-queue and azure-identity. A Storage Queue cannot hold a request until there is a
message, so it is asked: each second after a message, and ever less often, down to each five
seconds, while there is none. An announcement is therefore heard up to five seconds late, besides
what Event Grid takes. One listener makes half a million requests a month, and one more for each
message that it deletes; 10,000 cost about $0.004 (price list of Queue Storage, local redundancy).
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.azure._storage_queue import EventGridAnnouncements

__all__ = ["EventGridAnnouncements"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="azure-queue")
