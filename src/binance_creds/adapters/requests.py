"""requests: sessions that sign each request where it gets its connection.

    session = requests.client(load_credentials())
    session.get("https://api.binance.com/api/v3/account")

`attach` does it to a session of your own; `BinanceAuth` is the simple way, an `auth` for requests
that wait for nothing.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._requests import BinanceAuth, attach, client

__all__ = ["BinanceAuth", "attach", "client"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="requests")
