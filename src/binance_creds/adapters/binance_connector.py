"""binance-connector 3: its clients sign where a request, or a message, leaves.

    client = binance_connector.client(load_credentials())
    client.account()

`websocket_client` connects to the WebSocket API; `attach` takes a client of your own. Written
against binance-connector 3.0 and 3.13. It installs a package `binance`, as python-binance does:
the two cannot be in one environment.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._binance_connector import attach, client, websocket_client

__all__ = ["attach", "client", "websocket_client"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="binance-connector")
