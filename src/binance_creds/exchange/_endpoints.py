"""What an endpoint of REST needs: nothing, the API key alone, or a signature.

The exchange refuses a signature where none belongs (-1101), so an adapter that signs for a library
without knowing its calls has to tell them apart. Whatever is not listed is signed: a public
endpoint that is missing here is refused visibly, a signed one would be refused for no clear reason.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Market Data endpoints, User Data Stream);
developers.binance.com, read on 2026-11-26: derivatives (Market Data, User Data Streams), wallet
(system status), margin trading (market data, listen keys).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

__all__ = ["KEY", "PUBLIC", "SIGNED", "Security", "security_of"]


class Security(Enum):
    """What an endpoint asks of a request."""

    PUBLIC = "public"
    KEY = "key"
    SIGNED = "signed"


# A member is found through its class in ten times the time of a name of the module.
PUBLIC, KEY, SIGNED = Security


_PUBLIC: Final = re.compile(
    r"""
    /api/v3/(?: ping | time | exchangeInfo | executionRules | referencePrice(?:/calculation)?
      | depth | trades | historicalTrades | historicalBlockTrades | aggTrades | klines | uiKlines
      | avgPrice | ticker(?:/.*)? )
  | /[fd]api/(?:v\d|data)/(?: ping | time | exchangeInfo | depth | rpiDepth | trades | aggTrades
      | klines | continuousKlines | indexPriceKlines | markPriceKlines | premiumIndexKlines
      | premiumIndex | fundingRate | fundingInfo | ticker/.* | openInterest | constituents
      | assetIndex | indexInfo | delivery-price | insuranceBalance | symbolAdlRisk
      | tradingSchedule )
  | /futures/data/.*
  | /eapi/v1/(?: ping | time | exchangeInfo | depth | trades | klines | mark | ticker | index
      | openInterest | exerciseHistory | blockTrades )
  | /papi/v1/ping
  | /sapi/v1/system/status
    """,
    re.VERBOSE,
)
_KEY: Final = re.compile(
    r"""
    /api/v[13]/userDataStream
  | /sapi/v1/userDataStream(?:/isolated)?
  | /[fd]api/v1/(?: listenKey | historicalTrades )
  | /eapi/v1/(?: listenKey | historicalTrades )
  | /papi/v1/listenKey
  | /sapi/v1/margin/(?: allAssets | allPairs | priceIndex | isolated/allPairs
      | crossMarginCollateralRatio | exchange-small-liability | delist-schedule
      | limit-price-pairs | available-inventory | leverageBracket | asset | pair )
  | /sapi/v1/spot/delist-schedule
  | /sapi/v1/portfolio/collateralRate
    """,
    re.VERBOSE,
)


def security_of(path: str) -> Security:
    """Return what the endpoint at a path asks of a request.

    Args:
        path: of the URL, such as `/api/v3/account`; a prefix that a proxy puts before it is fine.
    """
    for found in re.finditer(r"/(?:api|sapi|fapi|dapi|eapi|papi|futures)/", path):
        tail = path[found.start() :].rstrip("/")
        if _PUBLIC.fullmatch(tail):
            return Security.PUBLIC
        if _KEY.fullmatch(tail):
            return Security.KEY
    return Security.SIGNED
