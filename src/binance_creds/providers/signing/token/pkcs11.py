"""`pkcs11:token=LABEL;object=LABEL?module-path=PATH&pin-source=...`: a key in a token.

The first signature takes a login; the session stays open for the process, which the next ones use.
A module is called by one thread at a time: python-pkcs11 tells it that no others will.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.signing.token._pkcs11 import TokenKey

__all__ = ["TokenKey"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="pkcs11")
