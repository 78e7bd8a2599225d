"""What a method of the WebSocket APIs needs: nothing, the API key alone, or a signature.

Whatever is not listed is signed, as in REST. Streams of market data know methods in capitals, which
need nothing.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md; developers.binance.com, read on
2026-11-26: derivatives (WebSocket API, User Data Streams).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from binance_creds.exchange._endpoints import Security

__all__ = ["security_of_method"]

_PUBLIC: Final = re.compile(
    r"""
    ping | time | exchangeInfo | executionRules | referencePrice(?:\.calculation)? | depth
  | trades\..* | blockTrades\..* | klines | uiKlines | avgPrice | ticker(?:\..*)?
  | session\.(?: status | logout | subscriptions )
  | userDataStream\.(?: subscribe | subscribe\.listenToken | unsubscribe )
  | [A-Z_]+
    """,
    re.VERBOSE,
)
_KEY: Final = re.compile(r"userDataStream\.(?:start|ping|stop)")


@lru_cache(maxsize=256)  # methods; a bot calls some
def security_of_method(method: str) -> Security:
    """Return what a method asks of a message; a version before its name is fine."""
    name = re.sub(r"^v\d/", "", method)
    if _PUBLIC.fullmatch(name):
        return Security.PUBLIC
    return Security.KEY if _KEY.fullmatch(name) else Security.SIGNED
