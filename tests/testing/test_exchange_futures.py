"""Futures on the local exchange: orders, positions and settings of `/fapi` and `/dapi`."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
import requests
from by_hand import send
from waiting import PATIENCE

UM, CM = ROOTS = ("/fapi/v1", "/dapi/v1")
SYMBOL = {UM: "BTCUSDT", CM: "BTCUSD_PERP"}
BOTH = pytest.mark.parametrize("root", ROOTS)


@pytest.fixture
def key(exchange):
    return exchange.issue(permissions={"enableFutures": True})


def ask(exchange, key, method, path, **params):
    return send(exchange, key, urlencode(params), method=method, path=path)[1]


def order(root, **changes):
    plain = {"symbol": SYMBOL[root], "side": "BUY", "type": "MARKET", "quantity": 2}
    return plain | {"newOrderRespType": "RESULT"} | changes


def limit(root, **changes):
    return order(root, type="LIMIT", price=20000, timeInForce="GTC", **changes)


@BOTH
def test_futures_need_a_permission_of_their_own(exchange, root) -> None:
    """A key has it off unless it is asked for."""
    assert -2015 == ask(exchange, exchange.issue(), "POST", f"{root}/order", **order(root))["code"]


@BOTH
def test_a_market_order_makes_a_position(exchange, key, root) -> None:
    """Which the opposite order ends."""
    placed = ask(exchange, key, "POST", f"{root}/order", **order(root))
    assert ("FILLED", "2") == (placed["status"], placed["executedQty"])
    risks = ask(exchange, key, "GET", f"{root}/positionRisk", symbol=SYMBOL[root])
    assert [("2", "30000.1")] == [(each["positionAmt"], each["entryPrice"]) for each in risks]
    (trade,) = ask(exchange, key, "GET", f"{root}/userTrades", orderId=placed["orderId"])
    assert ("30000.1", True) == (trade["price"], trade["buyer"])
    ask(exchange, key, "POST", f"{root}/order", **order(root, side="SELL"))
    (risk,) = ask(exchange, key, "GET", f"{root}/positionRisk", symbol=SYMBOL[root])
    assert "0" == risk["positionAmt"]


def test_contracts_are_counted_in_the_base_asset(exchange, key) -> None:
    """One of COIN-M futures of bitcoin is worth a hundred dollars."""
    placed = ask(exchange, key, "POST", f"{CM}/order", **order(CM, quantity=300))
    assert ("1.00000000", "BTCUSD") == (placed["cumBase"], placed["pair"])
    (trade,) = ask(exchange, key, "GET", f"{CM}/userTrades")
    assert ("1.00000000", "BTC") == (trade["baseQty"], trade["marginAsset"])


@BOTH
def test_an_answer_is_an_acknowledgement_unless_more_is_asked_for(exchange, key, root) -> None:
    """It tells of no fill."""
    params = order(root)
    del params["newOrderRespType"]
    placed = ask(exchange, key, "POST", f"{root}/order", **params)
    assert ("NEW", "0") == (placed["status"], placed["executedQty"])
    found = ask(
        exchange, key, "GET", f"{root}/order", symbol=SYMBOL[root], orderId=placed["orderId"]
    )
    assert "FILLED" == found["status"]


@BOTH
def test_a_limit_order_rests_is_amended_and_cancelled(exchange, key, root) -> None:
    """Once."""
    named = {"symbol": SYMBOL[root], "origClientOrderId": "a"}
    placed = ask(exchange, key, "POST", f"{root}/order", **limit(root, newClientOrderId="a"))
    assert "NEW" == placed["status"]
    again = ask(exchange, key, "POST", f"{root}/order", **limit(root, newClientOrderId="a"))
    assert -4116 == again["code"]
    amended = {**named, "side": "BUY", "quantity": 3, "price": 20001}
    assert "20001" == ask(exchange, key, "PUT", f"{root}/order", **amended)["price"]
    assert "3" == ask(exchange, key, "GET", f"{root}/openOrder", **named)["origQty"]
    assert 1 == len(ask(exchange, key, "GET", f"{root}/openOrders"))
    assert "CANCELED" == ask(exchange, key, "DELETE", f"{root}/order", **named)["status"]
    assert -2011 == ask(exchange, key, "DELETE", f"{root}/order", **named)["code"]
    assert -2013 == ask(exchange, key, "PUT", f"{root}/order", **amended)["code"]
    assert [] == ask(exchange, key, "GET", f"{root}/openOrders")
    assert 1 == len(ask(exchange, key, "GET", f"{root}/allOrders", symbol=SYMBOL[root]))


@BOTH
def test_a_test_order_is_only_checked(exchange, key, root) -> None:
    """By what its type needs."""
    assert {} == ask(exchange, key, "POST", f"{root}/order/test", **order(root))
    stop = order(root, type="STOP_MARKET")
    assert -1102 == ask(exchange, key, "POST", f"{root}/order/test", **stop)["code"]
    assert [] == ask(exchange, key, "GET", f"{root}/allOrders", symbol=SYMBOL[root])


@BOTH
def test_the_orders_of_a_batch_fail_alone(exchange, key, root) -> None:
    """Placed and cancelled; the names of the lists may be written small."""
    batch = json.dumps([limit(root, newClientOrderId="a"), order(root, type="NONE")])
    first, second = ask(exchange, key, "POST", f"{root}/batchOrders", batchOrders=batch)
    assert ("a", -1116) == (first["clientOrderId"], second["code"])
    lists = {"orderidlist": "[99]", "origClientOrderIdList": '["a"]'}
    answers = ask(exchange, key, "DELETE", f"{root}/batchOrders", symbol=SYMBOL[root], **lists)
    assert [-2011, None] == [each.get("code") for each in answers]


@BOTH
def test_all_open_orders_are_cancelled(exchange, key, root) -> None:
    """Of a symbol."""
    for _ in range(2):
        ask(exchange, key, "POST", f"{root}/order", **limit(root))
    done = ask(exchange, key, "DELETE", f"{root}/allOpenOrders", symbol=SYMBOL[root])
    assert (200, []) == (done["code"], ask(exchange, key, "GET", f"{root}/openOrders"))


@BOTH
def test_a_batch_may_stand_unencoded(exchange, key, root) -> None:
    """Futures take any ASCII, as ccxt sends it."""
    batch = json.dumps([limit(root)], separators=(",", ":"))
    answer = send(
        exchange, key, method="POST", path=f"{root}/batchOrders", body=f"batchOrders={batch}"
    )
    assert 200 == answer[0]
    assert -1022 == send(exchange, key, "note=[1]")[1]["code"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/fapi/v2/account", "totalWalletBalance"),
        ("/fapi/v3/account", "totalWalletBalance"),
        ("/dapi/v1/account", "assets"),
    ],
)
def test_an_account_has_assets_and_positions(exchange, key, path, field) -> None:
    """The newest endpoint leaves out positions of nothing."""
    account = ask(exchange, key, "GET", path)
    assert account[field]
    assert all(each["updateTime"] for each in account["assets"])  # ccxt passes over the others
    assert ("v3" not in path) is bool(account["positions"])
    ask(exchange, key, "POST", f"{path[:5]}/v1/order", **order(f"{path[:5]}/v1"))
    held = [float(each["positionAmt"]) for each in ask(exchange, key, "GET", path)["positions"]]
    assert [2.0] == [each for each in held if each]


@pytest.mark.parametrize("path", ["/fapi/v2/balance", "/fapi/v3/balance", "/dapi/v1/balance"])
def test_balances_are_listed(exchange, key, path) -> None:
    """By asset."""
    assets = {each["asset"] for each in ask(exchange, key, "GET", path)}
    assert ("BTC" if "dapi" in path else "USDT") in assets


@BOTH
def test_a_leverage_is_kept_for_its_account(exchange, key, root) -> None:
    """It is twenty before."""
    chosen = {"symbol": SYMBOL[root], "leverage": 5}
    assert 5 == ask(exchange, key, "POST", f"{root}/leverage", **chosen)["leverage"]
    other = exchange.issue(account="sub", permissions={"enableFutures": True})
    for each, leverage in ((key, 5), (other, 20)):
        (found,) = ask(exchange, each, "GET", f"{root}/symbolConfig", symbol=SYMBOL[root])
        assert leverage == found["leverage"]


@BOTH
def test_settings_are_answered(exchange, key, root) -> None:
    """As clients read and write them when they start."""
    assert not ask(exchange, key, "GET", f"{root}/positionSide/dual")["dualSidePosition"]
    assert not ask(exchange, key, "GET", f"{root}/multiAssetsMargin")["multiAssetsMargin"]
    assert [] == ask(exchange, key, "GET", f"{root}/income")
    for path in ("positionSide/dual", "multiAssetsMargin", "marginType"):
        assert 200 == ask(exchange, key, "POST", f"{root}/{path}")["code"]
    fee = ask(exchange, key, "GET", f"{root}/commissionRate", symbol=SYMBOL[root])
    assert "0" == fee["takerCommissionRate"]


@BOTH
def test_brackets_of_leverage_are_of_one_symbol_or_of_all(exchange, key, root) -> None:
    """COIN-M futures answer a list in either case."""
    one = ask(exchange, key, "GET", f"{root}/leverageBracket", symbol=SYMBOL[root])
    one = one if root == UM else one[0]
    assert 125 == one["brackets"][0]["initialLeverage"]
    assert 2 == len(ask(exchange, key, "GET", f"{root}/leverageBracket"))


@BOTH
def test_mark_prices_and_funding_are_public(exchange, root) -> None:
    """Funding costs nothing."""

    def get(path, **params):
        return requests.get(f"{exchange.url}{root}/{path}", params, timeout=PATIENCE).json()

    mark = get("premiumIndex", symbol=SYMBOL[root])
    mark = mark if root == UM else mark[0]
    assert ("30000.0", "0.00000000") == (mark["markPrice"], mark["lastFundingRate"])
    assert 2 == len(get("premiumIndex"))
    assert [0.0] == [float(e["fundingRate"]) for e in get("fundingRate", symbol=SYMBOL[root])]
    assert [] == get("fundingInfo")
    assert SYMBOL[root] == get("openInterest", symbol=SYMBOL[root])["symbol"]


@pytest.mark.parametrize(
    ("method", "path", "params", "code"),
    [
        ("POST", "leverage", {"symbol": "BTCUSDT", "leverage": "x"}, -1100),
        ("POST", "batchOrders", {"batchOrders": "[{"}, -1135),
        ("DELETE", "batchOrders", {"symbol": "BTCUSDT", "orderIdList": "1"}, -1135),
    ],
)
def test_odd_values_are_refused(exchange, key, method, path, params, code) -> None:
    """By their own codes."""
    assert code == ask(exchange, key, method, f"{UM}/{path}", **params)["code"]


def test_an_order_of_a_batch_must_be_an_object(exchange, key) -> None:
    """It is an order without a symbol."""
    (answer,) = ask(exchange, key, "POST", f"{UM}/batchOrders", batchOrders="[1]")
    assert -1102 == answer["code"]
