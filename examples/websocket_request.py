"""The WebSocket API: a signed request, ready to be sent as JSON."""

import json

from binance_creds import KeyType, load_credentials
from binance_creds.adapters.plain import sign_websocket_request
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

exchange = FakeExchange()  # only makes the key here
memory.register("example", exchange.issue(KeyType.ED25519).fields())
creds = load_credentials("memory:example")

logon = sign_websocket_request(creds, "session.logon", request_id="logon-1")
order = sign_websocket_request(
    creds,
    "order.place",
    {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"},
    request_id=2,
)
for request in (logon, order):
    message = json.dumps(request)  # websocket.send(message)
    print(request["method"], "is", len(message), "bytes with", sorted(request["params"]))
