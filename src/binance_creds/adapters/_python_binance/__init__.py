"""The code behind `python_binance`; it needs the SDK."""

from binance_creds.adapters._python_binance._attach import attach
from binance_creds.adapters._python_binance._building import async_client, client
from binance_creds.adapters._python_binance._managers import (
    socket_manager,
    threaded_websocket_manager,
)

__all__ = ["async_client", "attach", "client", "socket_manager", "threaded_websocket_manager"]
