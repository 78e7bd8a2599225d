"""freqtrade: its exchanges sign where their requests leave, with keys that rotate.

    from freqtrade.exchange import Exchange
    from freqtrade.main import main

    freqtrade_adapter.attach(Exchange, live)
    main(["trade", "--config", "config.json"])

Needs the extra `ccxt`, which freqtrade is built on.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._freqtrade import attach

__all__ = ["attach"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="ccxt")
