"""python-binance, unmodified, uses every family of the local exchange."""

from __future__ import annotations

import pytest

from binance_creds import KeyType

binance = pytest.importorskip("binance")

ORDER = {"side": "BUY", "type": "MARKET", "quantity": 1}
CALLS = {
    "market data": (
        lambda c: c.get_exchange_info(),
        lambda c: c.get_all_tickers(),
        lambda c: c.get_orderbook_tickers(),
        lambda c: c.get_order_book(symbol="BTCUSDT"),
        lambda c: c.get_historical_trades(symbol="BTCUSDT"),
        lambda c: c.get_aggregate_trades(symbol="BTCUSDT"),
        lambda c: c.get_historical_klines("BTCUSDT", "1h", "1 day ago UTC"),
        lambda c: c.get_avg_price(symbol="BTCUSDT"),
    ),
    "account": (
        lambda c: c.get_account(),
        lambda c: c.get_asset_balance("BTC"),
        lambda c: c.get_account_api_permissions(),
        lambda c: c.get_all_coins_info(),
        lambda c: c.get_trade_fee(),
        lambda c: c.get_user_asset(),
        lambda c: c.get_current_order_count(),
    ),
    "spot": (
        lambda c: c.order_market_buy(symbol="BTCUSDT", quantity=1),
        lambda c: c.order_limit_buy(symbol="BTCUSDT", quantity=1, price="20000"),
        lambda c: c.cancel_order(symbol="BTCUSDT", orderId=c.get_open_orders()[0]["orderId"]),
        lambda c: c.get_my_trades(symbol="BTCUSDT"),
    ),
    "margin": (
        lambda c: c.create_margin_order(symbol="BTCUSDT", **ORDER),
        lambda c: c.get_margin_account(),
        lambda c: c.get_margin_all_pairs(),
        lambda c: c.margin_create_listen_token(),
    ),
    "USD-M futures": (
        lambda c: c.futures_exchange_info(),
        lambda c: c.futures_create_order(symbol="BTCUSDT", **ORDER),
        lambda c: c.futures_change_leverage(symbol="BTCUSDT", leverage=5),
        lambda c: c.futures_account(),
        lambda c: c.futures_account_balance(),
        lambda c: c.futures_position_information(),
        lambda c: c.futures_account_trades(),
        lambda c: c.futures_stream_get_listen_key(),
    ),
    "COIN-M futures": (
        lambda c: c.futures_coin_exchange_info(),
        lambda c: c.futures_coin_create_order(symbol="BTCUSD_PERP", **ORDER),
        lambda c: c.futures_coin_account(),
        lambda c: c.futures_coin_account_balance(),
        lambda c: c.futures_coin_position_information(),
        lambda c: c.futures_coin_stream_get_listen_key(),
    ),
}


@pytest.mark.parametrize("calls", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("key_type", KeyType)
def test_it_is_answered(exchange, loop, key_type, calls) -> None:
    """With each kind of key."""
    key = exchange.issue(key_type, permissions={"enableFutures": True})
    private = {"private_key": key.private_key_pem} if key.private_key_pem else {}
    client = binance.Client(key.api_key, key.api_secret or None, ping=False, **private)
    client.API_URL, client.MARGIN_API_URL = f"{exchange.url}/api", f"{exchange.url}/sapi"
    client.FUTURES_URL, client.FUTURES_COIN_URL = f"{exchange.url}/fapi", f"{exchange.url}/dapi"
    for call in calls:
        assert call(client)
    assert [] == exchange.rejected() + exchange.mixed() + exchange.doubled()
    client.close_connection()
