"""The code behind `aiohttp`; it needs the SDK."""

from binance_creds.adapters._aiohttp._client import attach, client

__all__ = ["attach", "client"]
