"""python-binance: a client that signs with the credentials and never holds the secret."""

from binance_creds import KeyType, load_credentials
from binance_creds.adapters import python_binance
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

with FakeExchange() as exchange:  # leave base_url out to reach Binance itself
    memory.register("example", exchange.issue(KeyType.ED25519).fields())
    creds = load_credentials("memory:example")

    client = python_binance.client(creds, base_url=exchange.url)
    print("account type:", client.get_account()["accountType"])
    limit = {"type": "LIMIT", "timeInForce": "GTC", "price": 100, "quantity": 0.1}
    order = client.create_order(symbol="BTCUSDT", side="BUY", **limit)
    print("order:", order["orderId"], order["status"])
    client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    print("secret in the client:", client.API_SECRET)
    client.close_connection()
