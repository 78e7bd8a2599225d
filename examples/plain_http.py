"""Any other HTTP library: sign first, then send; here with urllib."""

import json
from urllib.request import Request, urlopen

from binance_creds import load_credentials
from binance_creds.adapters.plain import sign_request
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

with FakeExchange() as exchange:  # stands in for https://api.binance.com
    memory.register("example", exchange.issue().fields())
    creds = load_credentials("memory:example")

    order = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC"}
    order |= {"price": 65000.5, "quantity": 1}
    signed = sign_request(creds, "POST", f"{exchange.url}/api/v3/order", order)
    print(signed)  # neither key nor signature

    request = Request(signed.url, method=signed.method, headers=dict(signed.headers))
    with urlopen(request) as response:
        print("order:", json.load(response)["status"])
