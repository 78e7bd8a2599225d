"""Orders on the local exchange: refused, placed, filled, cancelled and found as on the real one."""

from __future__ import annotations

import pytest
from by_hand import ACCOUNT, ORDER, send

MARKET = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=2"
LIMIT = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=29000"
SPOT, MARGIN = "/api/v3", "/sapi/v1/margin"


def post(exchange, key, query, path=ORDER):
    return send(exchange, key, query, method="POST", path=path)[1]


def get(exchange, key, query, path=ORDER):
    return send(exchange, key, query, path=path)[1]


def delete(exchange, key, query, path=ORDER):
    return send(exchange, key, query, method="DELETE", path=path)[1]


def balance(exchange, key, asset) -> tuple[float, float]:
    balances = {each["asset"]: each for each in get(exchange, key, "", ACCOUNT)["balances"]}
    return float(balances[asset]["free"]), float(balances[asset]["locked"])


@pytest.fixture
def key(exchange):
    return exchange.issue()


INCOMPLETE = {
    "no symbol": ("side=BUY&type=MARKET&quantity=1", -1102),
    "no side": ("symbol=BTCUSDT&type=MARKET&quantity=1", -1102),
    "no type": ("symbol=BTCUSDT&side=BUY&quantity=1", -1102),
    "market without quantity": ("symbol=BTCUSDT&side=BUY&type=MARKET", -1102),
    "market with a price": (f"{MARKET}&price=1", -1106),
    "market with a time in force": (f"{MARKET}&timeInForce=GTC", -1106),
    "limit without price": (LIMIT.replace("&price=29000", ""), -1102),
    "limit without quantity": (LIMIT.replace("&quantity=2", ""), -1102),
    "limit without time in force": (LIMIT.replace("&timeInForce=GTC", ""), -1102),
    "unknown side": (MARKET.replace("BUY", "HOLD"), -1117),
    "unknown type": (MARKET.replace("MARKET", "STOP_MARKET"), -1116),
    "price of letters": (LIMIT.replace("29000", "1e3"), -1100),
    "empty client order id": (f"{MARKET}&newClientOrderId=", -1105),
    "odd client order id": (f"{MARKET}&newClientOrderId=a%20b", -1100),
}


@pytest.mark.parametrize(("query", "code"), INCOMPLETE.values(), ids=INCOMPLETE.keys())
@pytest.mark.parametrize("path", [ORDER, f"{ORDER}/test", f"{MARGIN}/order"])
def test_an_order_says_what_its_type_needs(exchange, key, query, code, path) -> None:
    """A test order too; nothing is placed."""
    assert code == post(exchange, key, query, path)["code"]
    assert [False] == [request.is_placed for request in exchange.requests]


def test_a_test_order_is_not_placed(exchange, key) -> None:
    """It is only checked."""
    assert {} == post(exchange, key, MARKET, f"{ORDER}/test")
    assert [] == get(exchange, key, "symbol=BTCUSDT", "/api/v3/allOrders")


def test_a_market_order_is_filled_at_once(exchange, key) -> None:
    """At the best price of the other side; the trade and the balances tell of it."""
    placed = post(exchange, key, MARKET)
    assert ("FILLED", "2.00000000", "60000.02000000") == tuple(
        placed[name] for name in ("status", "executedQty", "cummulativeQuoteQty")
    )
    (trade,) = get(exchange, key, f"symbol=BTCUSDT&orderId={placed['orderId']}", f"{SPOT}/myTrades")
    assert ("30000.01000000", True, False) == (trade["price"], trade["isBuyer"], trade["isMaker"])
    assert [placed["fills"][0]["tradeId"]] == [trade["id"]]
    assert [] == get(exchange, key, "symbol=BTCUSDT&orderId=99", f"{SPOT}/myTrades")
    assert (102.0, 0.0) == balance(exchange, key, "BTC")
    assert (10_000_000 - 60_000.02, 0.0) == balance(exchange, key, "USDT")


def test_an_order_may_name_what_it_spends(exchange, key) -> None:
    """Instead of what it buys."""
    placed = post(exchange, key, "symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=3000")
    assert ("0.10000000", "3000") == (placed["executedQty"], placed["origQuoteOrderQty"])


def test_a_limit_order_rests_and_locks_what_it_may_cost(exchange, key) -> None:
    """Until it is cancelled, which happens once."""
    placed = post(exchange, key, f"{LIMIT}&newClientOrderId=mine")
    assert ("NEW", []) == (placed["status"], placed["fills"])
    assert (10_000_000 - 58_000, 58_000) == balance(exchange, key, "USDT")
    (found,) = get(exchange, key, "", f"{SPOT}/openOrders")
    assert found == get(exchange, key, f"symbol=BTCUSDT&orderId={placed['orderId']}")
    cancelled = delete(exchange, key, "symbol=BTCUSDT&origClientOrderId=mine")
    assert ("CANCELED", "mine") == (cancelled["status"], cancelled["origClientOrderId"])
    assert "mine" != cancelled["clientOrderId"]
    assert -2011 == delete(exchange, key, "symbol=BTCUSDT&origClientOrderId=mine")["code"]
    assert (10_000_000, 0) == balance(exchange, key, "USDT")
    assert [] == get(exchange, key, "symbol=BTCUSDT", f"{SPOT}/openOrders")
    assert "CANCELED" == get(exchange, key, "symbol=BTCUSDT&origClientOrderId=mine")["status"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("price=29000", "price=31000"), "FILLED"),
        (("BUY", "SELL"), "FILLED"),
        (("GTC", "IOC"), "EXPIRED"),
        (("GTC", "FOK"), "EXPIRED"),
        (("LIMIT", "LIMIT_MAKER"), "NEW"),
    ],
)
def test_a_limit_order_that_the_market_meets_does_not_rest(exchange, key, change, status) -> None:
    """Nor does one that must not."""
    placed = post(exchange, key, LIMIT.replace(*change) + "&newOrderRespType=RESULT")
    assert status == placed["status"]
    assert ("fills" in placed, len(get(exchange, key, "", f"{SPOT}/openOrders"))) == (
        False,
        status == "NEW",
    )


def test_a_client_order_id_names_one_open_order(exchange, key) -> None:
    """Of an account; after that order it may name another."""
    named = f"{LIMIT}&newClientOrderId=a"
    assert "NEW" == post(exchange, key, named)["status"]
    again = post(exchange, key, named)
    assert (-2010, "Duplicate order sent.") == (again["code"], again["msg"])
    assert "NEW" == post(exchange, exchange.issue(account="sub"), named)["status"]
    assert "NEW" == post(exchange, key, named, f"{MARGIN}/order")["status"]
    delete(exchange, key, "symbol=BTCUSDT&origClientOrderId=a")
    second = post(exchange, key, named)
    found = get(exchange, key, "symbol=BTCUSDT&origClientOrderId=a")
    assert second["orderId"] == found["orderId"]


def test_the_shortest_answer_is_an_acknowledgement(exchange, key) -> None:
    """Where it is asked for."""
    placed = post(exchange, key, f"{MARKET}&newOrderRespType=ACK")
    assert {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"} == set(placed)


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", "symbol=BTCUSDT&orderId=99", -2013),
        ("GET", "symbol=BTCUSDT", -1102),
        ("GET", "orderId=1", -1102),
        ("DELETE", "symbol=BTCUSDT&orderId=99", -2011),
        ("DELETE", "symbol=ETHUSDT&orderId=1", -2011),
    ],
)
def test_an_order_that_is_not_there_is_not_found(exchange, key, method, query, code) -> None:
    """Nor under another symbol."""
    post(exchange, key, LIMIT)
    assert code == send(exchange, key, query, method=method, path=ORDER)[1]["code"]


def test_all_orders_of_a_symbol_are_cancelled_together(exchange, key) -> None:
    """And refused where there are none."""
    for symbol in ("BTCUSDT", "BTCUSDT", "ETHUSDT"):
        post(exchange, key, LIMIT.replace("BTCUSDT", symbol).replace("29000", "1"))
    assert 2 == len(delete(exchange, key, "symbol=BTCUSDT", f"{SPOT}/openOrders"))
    assert -2011 == delete(exchange, key, "symbol=BTCUSDT", f"{SPOT}/openOrders")["code"]
    assert 1 == len(get(exchange, key, "", f"{SPOT}/openOrders"))


def test_keys_of_one_account_share_its_orders(exchange, key) -> None:
    """As the old and the new key of a rotation do; another account sees nothing of them."""
    post(exchange, key, LIMIT)
    counts = [
        len(get(exchange, each, "symbol=BTCUSDT", f"{SPOT}/allOrders"))
        for each in (exchange.issue(), exchange.issue(account="sub"))
    ]
    assert [1, 0] == counts


def test_margin_has_orders_and_balances_of_its_own(exchange, key) -> None:
    """Under `/sapi`."""
    post(exchange, key, MARKET.replace("BUY", "SELL"), f"{MARGIN}/order")
    assert 1 == len(get(exchange, key, "symbol=BTCUSDT", f"{MARGIN}/myTrades"))
    assert [] == get(exchange, key, "symbol=BTCUSDT", f"{SPOT}/myTrades")
    assets = get(exchange, key, "", f"{MARGIN}/account")["userAssets"]
    assert ["98.00000000"] == [each["free"] for each in assets if each["asset"] == "BTC"]


def test_an_order_of_a_symbol_that_is_not_listed_is_taken(exchange, key) -> None:
    """At a price of one, so that tests may name what they like."""
    assert "1.00000000" <= post(exchange, key, MARKET.replace("BTC", "ABC"))["fills"][0]["price"]


REPLACE = f"{ORDER}/cancelReplace"
STOP, ALLOW = "STOP_ON_FAILURE", "ALLOW_FAILURE"


@pytest.mark.parametrize(
    ("mode", "cancels", "order", "status", "code", "results"),
    [
        (STOP, 1, LIMIT, 200, None, ("SUCCESS", "SUCCESS")),
        (STOP, 9, LIMIT, 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        (ALLOW, 9, LIMIT, 409, -2021, ("FAILURE", "SUCCESS")),
        (STOP, 1, "symbol=BTCUSDT", 409, -2021, ("SUCCESS", "FAILURE")),
        (ALLOW, 9, "symbol=BTCUSDT", 400, -2022, ("FAILURE", "FAILURE")),
    ],
)
def test_an_order_is_replaced(exchange, key, mode, cancels, order, status, code, results) -> None:
    """Each half may fail alone; the record knows whether the new order was placed."""
    post(exchange, key, LIMIT)
    query = f"{order}&cancelReplaceMode={mode}&cancelOrderId={cancels}"
    found, answer = send(exchange, key, query, method="POST", path=REPLACE)
    assert (status, code) == (found, answer.get("code"))
    data = answer.get("data", answer)
    assert results == (data["cancelResult"], data["newOrderResult"])
    request = exchange.requests[-1]
    assert (True, results[1] == "SUCCESS") == (request.is_order, request.is_placed)


def test_an_order_is_replaced_in_a_known_mode(exchange, key) -> None:
    """-1130 otherwise."""
    query = f"{LIMIT}&cancelReplaceMode=MAYBE&cancelOrderId=1"
    assert -1130 == post(exchange, key, query, REPLACE)["code"]


def test_what_else_clients_read_of_an_account(exchange, key) -> None:
    """There are no lists of orders, no prevented matches and no fees."""
    for path in ("openOrderList", "allOrderList", "myPreventedMatches"):
        assert [] == get(exchange, key, "", f"{SPOT}/{path}")
    fees = get(exchange, key, "symbol=BTCUSDT", f"{SPOT}/account/commission")
    assert "0.00000000" == fees["standardCommission"]["taker"]
    counts = get(exchange, key, "", f"{SPOT}/rateLimit/order")
    assert [0, 0] == [each["count"] for each in counts]


def test_a_resting_order_is_filled_on_order(exchange, key) -> None:
    """At its limit, once, and its owner is the maker."""
    placed = post(exchange, key, LIMIT)
    for _ in range(2):
        exchange.fill(placed["orderId"])
    (trade,) = get(exchange, key, "symbol=BTCUSDT", f"{SPOT}/myTrades")
    assert ("29000.00000000", True) == (trade["price"], trade["isMaker"])
    assert (10_000_000 - 58_000, 0) == balance(exchange, key, "USDT")
    with pytest.raises(KeyError):
        exchange.fill(99)
