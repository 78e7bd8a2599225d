"""`FakeExchange`: a local Binance that real clients talk to unmodified."""

from binance_creds.testing.exchange._exchange import FakeExchange
from binance_creds.testing.exchange._keys import IssuedKey, RegisteredKey
from binance_creds.testing.exchange._record import RecordedRequest

__all__ = ["FakeExchange", "IssuedKey", "RecordedRequest", "RegisteredKey"]
