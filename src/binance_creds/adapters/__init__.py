"""Hand credentials to a client library.

Import the one you use:

    from binance_creds.adapters import python_binance
    from binance_creds.adapters.requests import BinanceAuth
    from binance_creds.adapters.httpx import BinanceAuth
    from binance_creds.adapters import aiohttp, websockets
    from binance_creds.adapters.plain import sign_request

Each takes anything with `.current`: `Credentials`, or a handle that changes. A request reads one
snapshot and takes both key and signature from it.
"""

__all__: list[str] = []
