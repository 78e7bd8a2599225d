"""The code behind `websockets`; it needs the SDK."""

from binance_creds.adapters._websockets._client import async_client, attach, client, user_events

__all__ = ["async_client", "attach", "client", "user_events"]
