"""`FakeExchange`: a local Binance that real clients talk to unmodified."""

from binance_creds.testing.exchange._keys import IssuedKey, RegisteredKey
from binance_creds.testing.exchange._server import FakeExchange, RecordedRequest

__all__ = ["FakeExchange", "IssuedKey", "RecordedRequest", "RegisteredKey"]
