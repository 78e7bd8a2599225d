"""httpx: one `auth` for `Client` and `AsyncClient` that signs each request.

client = httpx.Client(base_url="https://api.binance.com", auth=BinanceAuth(load_credentials()))
client.get("/api/v3/account")
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._httpx import BinanceAuth

__all__ = ["BinanceAuth"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="httpx")
