"""The code behind `aiohttp`; it needs the SDK."""

from binance_creds.adapters._aiohttp._client import attach, client, user_events

__all__ = ["attach", "client", "user_events"]
