"""Market data of the local exchange, as clients load it when they start."""

from __future__ import annotations

from decimal import Decimal

import pytest
import requests
from by_hand import send
from waiting import PATIENCE

SPOT, UM, CM = ROOTS = ("/api/v3", "/fapi/v1", "/dapi/v1")
SYMBOL = {SPOT: "BTCUSDT", UM: "BTCUSDT", CM: "BTCUSD_PERP"}
BOTH = pytest.mark.parametrize("root", ROOTS)


def get(exchange, path, **params):
    return requests.get(exchange.url + path, params, timeout=PATIENCE).json()


@BOTH
def test_connectivity_and_time_are_public(exchange, root) -> None:
    """In every family."""
    assert {} == get(exchange, f"{root}/ping")
    assert abs(get(exchange, f"{root}/time")["serverTime"] - exchange.now_ms()) < 60_000
    assert 0 == get(exchange, "/sapi/v1/system/status")["status"]


@BOTH
def test_every_symbol_says_what_may_be_traded(exchange, root) -> None:
    """With filters for price and quantity that its price obeys."""
    info = get(exchange, f"{root}/exchangeInfo")
    assert SYMBOL[root] in {each["symbol"] for each in info["symbols"]}
    for symbol in info["symbols"]:
        filters = {each["filterType"]: each for each in symbol["filters"]}
        assert {"PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MAX_NUM_ORDERS"} <= set(filters)
        price = Decimal(get(exchange, f"{root}/depth", symbol=symbol["symbol"])["bids"][0][0])
        assert 0 == price % Decimal(filters["PRICE_FILTER"]["tickSize"])
        assert "TRADING" == symbol.get("status", symbol.get("contractStatus"))


def test_a_contract_says_how_precise_it_is(exchange) -> None:
    """In decimals of price and quantity."""
    (bitcoin, *_) = get(exchange, f"{UM}/exchangeInfo")["symbols"]
    assert (1, 3) == (bitcoin["pricePrecision"], bitcoin["quantityPrecision"])
    (bitcoin, *_) = get(exchange, f"{CM}/exchangeInfo")["symbols"]
    assert (0, 100) == (bitcoin["quantityPrecision"], bitcoin["contractSize"])


@pytest.mark.parametrize("path", ["exchangeInfo", "ticker/24hr", "ticker/price", "depth"])
def test_a_symbol_that_is_not_listed_is_invalid(exchange, path) -> None:
    """-1121; one that is missing is mandatory where one is needed."""
    assert -1121 == get(exchange, f"{SPOT}/{path}", symbol="NOPE")["code"]
    assert -1102 == get(exchange, f"{SPOT}/depth")["code"]


def test_symbols_are_named_alone_or_as_a_list(exchange) -> None:
    """Also those whose names are not ASCII."""
    for path in ("exchangeInfo", "ticker/bookTicker"):
        found = get(exchange, f"{SPOT}/{path}", symbols='["币安人生USDT","BTCUSDT"]')
        found = found["symbols"] if path == "exchangeInfo" else found
        assert ["币安人生USDT", "BTCUSDT"] == [each["symbol"] for each in found]


@BOTH
@pytest.mark.parametrize("ticker", ["24hr", "price", "bookTicker"])
def test_tickers_are_of_one_symbol_or_of_all(exchange, root, ticker) -> None:
    """COIN-M futures answer a list in either case."""
    one = get(exchange, f"{root}/ticker/{ticker}", symbol=SYMBOL[root])
    (one,) = [one] if root != CM else [one[0]]
    assert SYMBOL[root] == one["symbol"]
    assert "30000" in one.get("price", one.get("lastPrice", one.get("askPrice")))
    assert ("pair" in one) is (root == CM)
    assert one["symbol"] in {e["symbol"] for e in get(exchange, f"{root}/ticker/{ticker}")}


@BOTH
@pytest.mark.parametrize(("path", "count"), [("depth", 3), ("trades", 3), ("aggTrades", 3)])
def test_lists_are_as_long_as_their_limit(exchange, root, path, count) -> None:
    """As far as there is something."""
    found = get(exchange, f"{root}/{path}", symbol=SYMBOL[root], limit=count)
    assert count == len(found["asks"] if path == "depth" else found)
    assert "30000" in get(exchange, f"{root}/avgPrice", symbol=SYMBOL[root])["price"]


def test_old_trades_of_futures_need_a_key_alone(exchange) -> None:
    """Those of spot are public; a signature is not asked for."""
    key = exchange.issue()
    named = {"X-MBX-APIKEY": key.api_key}
    for root in ROOTS:
        url = f"{exchange.url}{root}/historicalTrades?symbol={SYMBOL[root]}"
        assert (200 if root == SPOT else 401) == requests.get(url, timeout=PATIENCE).status_code
        assert 200 == requests.get(url, headers=named, timeout=PATIENCE).status_code
    assert 3 == exchange.accepted(key.api_key)


@BOTH
def test_candles_end_with_the_one_that_is_open(exchange, root) -> None:
    """And are one interval apart."""
    found = get(exchange, f"{root}/klines", symbol=SYMBOL[root], interval="5m", limit=10)
    opened = [each[0] for each in found]
    assert list(range(opened[0], opened[0] + 10 * 300_000, 300_000)) == opened
    assert opened[-1] <= exchange.now_ms() <= found[-1][6] + 60_000


@pytest.mark.parametrize(
    ("span", "opened"),
    [
        ({"startTime": 1, "limit": 2}, [3_600_000, 7_200_000]),
        ({"startTime": 0, "endTime": 7_199_999}, [0, 3_600_000]),
        ({"endTime": 7_200_000, "limit": 2}, [3_600_000, 7_200_000]),
    ],
)
def test_candles_of_a_span(exchange, span, opened) -> None:
    """The oldest from its start, or the newest before its end."""
    found = get(exchange, f"{SPOT}/klines", symbol="BTCUSDT", interval="1h", **span)
    assert opened == [each[0] for each in found]


def test_an_odd_interval_is_refused(exchange) -> None:
    """-1120."""
    found = get(exchange, f"{SPOT}/klines", symbol="BTCUSDT", interval="1x")
    assert -1120 == found["code"]


def test_coins_and_margin_pairs_are_listed(exchange) -> None:
    """As ccxt loads them; two of them take a key alone."""
    key = exchange.issue()
    coins = send(exchange, key, path="/sapi/v1/capital/config/getall")[1]
    assert {"BTC", "USDT"} <= {each["coin"] for each in coins}
    assert all(each["networkList"] for each in coins)
    isolated = send(exchange, key, path="/sapi/v1/margin/isolated/allPairs")[1]
    named = {"X-MBX-APIKEY": key.api_key}
    url = f"{exchange.url}/sapi/v1/margin"
    assert isolated == requests.get(f"{url}/allPairs", headers=named, timeout=PATIENCE).json()
    assets = requests.get(f"{url}/allAssets", headers=named, timeout=PATIENCE).json()
    assert {"BTC", "USDT"} <= {each["assetName"] for each in assets}


def test_fees_are_of_one_symbol_or_of_all(exchange) -> None:
    """They are nothing."""
    key = exchange.issue()
    one = send(exchange, key, "symbol=BTCUSDT", path="/sapi/v1/asset/tradeFee")[1]
    assert [("BTCUSDT", "0")] == [(each["symbol"], each["makerCommission"]) for each in one]
    assert 1 < len(send(exchange, key, path="/sapi/v1/asset/tradeFee")[1])


def test_the_wallet_tells_of_an_account(exchange) -> None:
    """Its status, its coins, and no transfers."""
    key = exchange.issue()
    assert "Normal" == send(exchange, key, path="/sapi/v1/account/status")[1]["data"]
    for path in ("deposit/hisrec", "withdraw/history"):
        assert [] == send(exchange, key, path=f"/sapi/v1/capital/{path}")[1]
    owned = send(exchange, key, "asset=BTC", method="POST", path="/sapi/v3/asset/getUserAsset")[1]
    assert [("BTC", "100.00000000")] == [(each["asset"], each["free"]) for each in owned]


def test_candles_and_prices_have_other_paths_too(exchange) -> None:
    """Which some clients prefer."""
    candles = get(exchange, f"{SPOT}/uiKlines", symbol="BTCUSDT", interval="1m", limit=2)
    assert 2 == len(candles)
    assert "30000.0" == get(exchange, "/fapi/v2/ticker/price", symbol="BTCUSDT")["price"]


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("depth", {"symbol": "BTCUSDT", "limit": "x"}, -1100),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "-1"}, -1100),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "endTime": ""}, -1100),
        ("exchangeInfo", {"symbols": "[BTCUSDT]"}, -1135),
        ("ticker/price", {"symbols": '{"a": 1}'}, -1135),
        ("ticker/price", {"symbols": "[1]"}, -1121),
    ],
)
def test_odd_values_are_refused(exchange, path, params, code) -> None:
    """By their own codes, with the connection as it was."""
    assert code == get(exchange, f"{SPOT}/{path}", **params)["code"]
