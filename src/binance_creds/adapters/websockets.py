"""websockets: connections to the WebSocket API that sign what they send.

async with websockets.async_client(load_credentials()) as connection:
    await connection.send('{"id": 1, "method": "account.status"}')
    print(await connection.recv())
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._websockets import async_client, attach, client, user_events

__all__ = ["async_client", "attach", "client", "user_events"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="websockets")
