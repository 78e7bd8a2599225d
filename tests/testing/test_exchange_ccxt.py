"""ccxt, unmodified, loads its markets from the local exchange and trades on it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from binance_creds import KeyType

pytestmark = pytest.mark.unmeasured

ccxt = pytest.importorskip("ccxt")

SPOT, USD, COIN = SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC")
ASSET = {SPOT: "USDT", USD: "USDT", COIN: "BTC"}
KIND = {
    SPOT: {"type": "spot"},
    USD: {"type": "swap", "subType": "linear"},
    COIN: {"type": "swap", "subType": "inverse"},
}


def ccxt_client(exchange, key_type=KeyType.HMAC):
    """Return a client as a user would build it, with its addresses moved."""
    key = exchange.issue(key_type, permissions={"enableFutures": True})
    secret = key.api_secret or key.private_key_pem
    client = ccxt.binance({"apiKey": key.api_key, "secret": secret})
    for name, url in client.urls["api"].items():
        if str(url).startswith("http"):
            client.urls["api"][name] = exchange.url + urlsplit(url).path
    client.options["fetchMargins"] = True
    return client


@pytest.fixture
def client(exchange):
    client = ccxt_client(exchange)
    yield client
    client.session.close()


@pytest.mark.parametrize("key_type", KeyType)
def test_it_loads_markets_and_coins_with_each_kind_of_key(exchange, key_type) -> None:
    """Spot, margin, and both kinds of futures."""
    client = ccxt_client(exchange, key_type)
    client.load_markets()
    assert set(SYMBOLS) <= set(client.markets)
    assert {"BTC", "USDT"} <= set(client.currencies)
    assert [] == exchange.rejected() + exchange.mixed()
    client.session.close()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_it_reads_market_data(exchange, client, symbol) -> None:
    """Of each kind."""
    assert 30000 == client.fetch_ticker(symbol)["last"]
    book = client.fetch_order_book(symbol)
    assert book["bids"][0][0] < 30000 < book["asks"][0][0]
    assert 500 == len(client.fetch_ohlcv(symbol, "5m"))
    assert client.fetch_trades(symbol)
    assert [] == exchange.rejected()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_it_places_finds_and_cancels_orders(exchange, client, symbol) -> None:
    """And sees its trades and balances."""
    assert "closed" == client.create_order(symbol, "market", "buy", 1)["status"]
    resting = client.create_order(symbol, "limit", "buy", 1, 20000)
    assert "open" == client.fetch_order(resting["id"], symbol)["status"]
    assert [resting["id"]] == [each["id"] for each in client.fetch_open_orders(symbol)]
    assert "canceled" == client.cancel_order(resting["id"], symbol)["status"]
    assert 2 == len(client.fetch_orders(symbol))
    assert [1.0] == [each["amount"] for each in client.fetch_my_trades(symbol)]
    assert client.fetch_balance(KIND[symbol])[ASSET[symbol]]["free"]
    assert [] == exchange.rejected() + exchange.mixed() + exchange.doubled()


@pytest.mark.parametrize("symbol", [USD, COIN])
def test_it_sets_up_futures(exchange, client, symbol) -> None:
    """Leverage, margin, positions, and orders in batches."""
    client.options["defaultSubType"] = KIND[symbol]["subType"]
    client.set_leverage(5, symbol)
    client.set_margin_mode("isolated", symbol)
    assert not client.fetch_position_mode(symbol)["hedged"]
    client.create_order(symbol, "market", "sell", 1)
    (position,) = client.fetch_positions_risk([symbol])
    assert ("short", 1) == (position["side"], position["contracts"])
    order = {"symbol": symbol, "type": "limit", "side": "buy", "amount": 1, "price": 20000}
    assert 2 == len(client.create_orders([order, order]))
    client.cancel_all_orders(symbol)
    assert [] == client.fetch_open_orders(symbol)
    assert 0 == client.fetch_funding_rate(symbol)["fundingRate"]
    assert [] == exchange.rejected() + exchange.mixed()
