"""aiohttp: sessions that sign each request once it has got its connection.

async with aiohttp.client(load_credentials()) as session:
    await session.get("https://api.binance.com/api/v3/account")
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._aiohttp import attach, client, user_events

__all__ = ["attach", "client", "user_events"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="aiohttp")
