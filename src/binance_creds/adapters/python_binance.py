"""python-binance: real `Client` and `AsyncClient` objects that never hold the secret.

    client = python_binance.client(load_credentials())
    client.get_account()

Written against python-binance 1.0.37. Its clients keep key, secret and header apart, so a swap of
attributes can pair an old header with a new signature. Here every request takes both from one
snapshot, and the secret stays where it was. It also signs before it encodes, which the exchange
refuses where a value has reserved or non-ASCII characters; here what is sent is signed.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._python_binance import async_client, client

__all__ = ["async_client", "client"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="python-binance")
