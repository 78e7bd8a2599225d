"""requests: a session that signs each of its requests."""

import requests

from binance_creds import load_credentials
from binance_creds.adapters.requests import BinanceAuth
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

with FakeExchange() as exchange:  # stands in for https://api.binance.com
    memory.register("example", exchange.issue().fields())  # stands in for your .env or vault
    creds = load_credentials("memory:example")

    with requests.Session() as session:
        session.auth = BinanceAuth(creds)
        account = session.get(f"{exchange.url}/api/v3/account").json()
        print("account type:", account["accountType"])

        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
        placed = session.post(f"{exchange.url}/api/v3/order", params=order).json()
        print("order:", placed["orderId"], placed["status"])
