"""The code behind `httpx`; it needs the SDK."""

from binance_creds.adapters._httpx._attach import async_client, attach, client
from binance_creds.adapters._httpx._auth import BinanceAuth
from binance_creds.adapters._httpx._transport import BinanceTransport

__all__ = ["BinanceAuth", "BinanceTransport", "async_client", "attach", "client"]
