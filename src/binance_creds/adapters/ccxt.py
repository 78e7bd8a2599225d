"""ccxt: Binance exchanges that sign each request where it leaves, with keys that rotate.

    exchange = ccxt_adapter.client(ccxt.binance, load_credentials(live=True))
    exchange.fetch_balance()

Works for `ccxt`, `ccxt.async_support` and `ccxt.pro` 4.5.12 to 4.5.90, and for bots built on
them, such as freqtrade.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._ccxt import attach, client

__all__ = ["attach", "client"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="ccxt")
