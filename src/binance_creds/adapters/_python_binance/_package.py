"""python-binance, told from other packages that install a top-level `binance`."""

from __future__ import annotations

from typing import Final

import binance

from binance_creds.errors import ProviderNotInstalledError

if not hasattr(binance, "AsyncClient"):  # binance-connector installs a package of the same name
    _msg = "the installed package 'binance' is not python-binance."
    raise ProviderNotInstalledError(
        _msg, hint="Uninstall binance-connector; run: pip install 'binance-creds[python-binance]'"
    )

# After the check of what it is.
from binance.async_client import AsyncClient
from binance.client import Client
from binance.exceptions import BinanceAPIException, BinanceWebsocketUnableToConnect
from binance.ws import reconnecting_websocket, streams
from binance.ws.constants import WSListenerState
from binance.ws.keepalive_websocket import KeepAliveWebsocket
from binance.ws.streams import BinanceSocketManager, ThreadedWebsocketManager
from binance.ws.websocket_api import WebsocketAPI

__all__ = ["KNOWN", "AsyncClient", "BinanceAPIException", "BinanceSocketManager",
           "BinanceWebsocketUnableToConnect", "Client", "KeepAliveWebsocket",
           "ThreadedWebsocketManager", "WSListenerState", "WebsocketAPI", "reconnecting_websocket",
           "streams"]  # fmt: skip

KNOWN: Final = "python-binance 1.0.35 to 1.0.37 are known."
