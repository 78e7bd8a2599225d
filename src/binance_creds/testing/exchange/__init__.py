"""`FakeExchange`: a local Binance that real clients talk to unmodified."""

from binance_creds.testing.exchange._exchange import FakeExchange
from binance_creds.testing.exchange._keys import IssuedKey, RegisteredKey
from binance_creds.testing.exchange._record import RecordedRequest
from binance_creds.testing.exchange._streams._user_streams import Emission
from binance_creds.testing.exchange._websocket._sockets import Sockets

__all__ = ["Emission", "FakeExchange", "IssuedKey", "RecordedRequest", "RegisteredKey", "Sockets"]
