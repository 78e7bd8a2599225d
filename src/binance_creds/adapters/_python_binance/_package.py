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
from binance.exceptions import BinanceAPIException
from binance.ws.websocket_api import WebsocketAPI

__all__ = ["KNOWN", "AsyncClient", "BinanceAPIException", "Client", "WebsocketAPI"]

KNOWN: Final = "python-binance 1.0.35 to 1.0.37 are known."
