"""requests: an `auth` that signs each request.

session = requests.Session()
session.auth = BinanceAuth(load_credentials())
session.get("https://api.binance.com/api/v3/account")
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._requests import BinanceAuth

__all__ = ["BinanceAuth"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="requests")
