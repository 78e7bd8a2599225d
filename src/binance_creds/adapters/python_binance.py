"""python-binance: real `Client` and `AsyncClient` objects that never hold the secret.

    client = python_binance.client(load_credentials(live=True))
    client.get_account()

Works with python-binance 1.0.35 to 1.0.37. Requests are signed where they get their connection,
messages of the WebSocket API when they are sent: header and signature come from one snapshot, and
the secret stays where it was. User sockets move to the new key without a gap. `attach` does the
same for a client of your own.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._python_binance import (
        async_client,
        attach,
        client,
        socket_manager,
        threaded_websocket_manager,
    )

__all__ = ["async_client", "attach", "client", "socket_manager", "threaded_websocket_manager"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="python-binance")
