"""httpx: clients that sign each request where it gets its connection.

    client = httpx.client(load_credentials(), base_url="https://api.binance.com")
    client.get("/api/v3/account")

`async_client` builds an `AsyncClient`; `attach` takes a client of your own; `BinanceAuth` is an
`auth` for either, and `BinanceTransport` a transport around one of your own.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._httpx import (
        BinanceAuth,
        BinanceTransport,
        async_client,
        attach,
        client,
    )

__all__ = ["BinanceAuth", "BinanceTransport", "async_client", "attach", "client"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="httpx")
