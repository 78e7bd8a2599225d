"""What the local exchange knows of each key: permissions, addresses, age, markets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests
from by_hand import ACCOUNT, ORDER, send
from waiting import PATIENCE

from binance_creds.exchange import Market
from binance_creds.testing import FakeExchange

RESTRICTIONS = "/sapi/v1/account/apiRestrictions"
BUY = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"
OTHERS = {
    "/sapi/v1/margin/account": ("enableReading", "marginLevel"),
    "/eapi/v1/marginAccount": ("enableVanillaOptions", "asset"),
    "/papi/v1/account": ("enablePortfolioMarginTrading", "uniMMR"),
}


def test_it_tells_permissions_age_and_the_end_of_trading(exchange) -> None:
    made, ends = datetime(2026, 1, 2, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
    key = exchange.issue(created_at=made, trading_ends_at=ends, ip_list=("127.0.0.1",))
    _, answer = send(exchange, key, path=RESTRICTIONS)
    assert answer["ipRestrict"] is True
    assert answer["createTime"] == made.timestamp() * 1000
    assert answer["tradingAuthorityExpirationTime"] == ends.timestamp() * 1000
    _, answer = send(exchange, exchange.issue(), path=RESTRICTIONS)
    assert "tradingAuthorityExpirationTime" not in answer


def test_a_right_to_trade_ends(exchange) -> None:
    """Reading goes on."""
    key = exchange.issue(trading_ends_at=datetime.now(UTC) - timedelta(seconds=1))
    assert send(exchange, key, BUY, method="POST", path=ORDER)[1]["code"] == -2015
    assert send(exchange, key)[0] == 200


def test_a_key_is_changed_by_its_owner(exchange) -> None:
    """What is not named stays."""
    key = exchange.issue(ip_list=("10.0.0.1",), permissions={"enableMargin": True})
    assert send(exchange, key)[1]["code"] == -2015
    exchange.keys.change(key.api_key, ip_list=("127.0.0.1",))
    assert send(exchange, key)[0] == 200
    exchange.keys.change(key.api_key, permissions={"enableReading": False})
    assert send(exchange, key)[1]["code"] == -2015
    _, answer = send(exchange, key, path=RESTRICTIONS)
    assert (answer["enableReading"], answer["enableMargin"]) == (False, True)


def test_a_key_is_known_on_its_markets_only(exchange) -> None:
    """As on the testnets."""
    key = exchange.issue(markets=frozenset({Market.FUTURES}), permissions={"enableFutures": True})
    assert send(exchange, key, path="/fapi/v3/account")[0] == 200
    for path in (ACCOUNT, RESTRICTIONS, "/dapi/v1/account"):
        assert send(exchange, key, path=path)[1]["code"] == -2008


@pytest.mark.parametrize("path", ["/fapi/v3/account", "/dapi/v1/account", *list(OTHERS)[1:]])
def test_derivatives_tell_which_address_asked(exchange, path) -> None:
    _, answer = send(exchange, exchange.issue(), path=path)
    assert answer["msg"].endswith("action, request ip: 127.0.0.1")


@pytest.mark.parametrize("path", OTHERS)
def test_each_market_has_an_account(exchange, path) -> None:
    permission, field = OTHERS[path]
    status, answer = send(exchange, exchange.issue(permissions={permission: True}), path=path)
    assert status == 200
    assert field in answer


def test_options_have_a_time(exchange) -> None:
    assert requests.get(f"{exchange.url}/eapi/v1/time", timeout=PATIENCE).json()["serverTime"]


def test_something_else_is_sent_on_order(exchange) -> None:
    """For HTTP requests of a path, as often as is said."""
    key = exchange.issue()
    exchange.reply("<html>no</html>", path=ACCOUNT, status=403)
    answer = requests.get(exchange.url + ACCOUNT, timeout=PATIENCE)
    assert (answer.status_code, answer.text) == (403, "<html>no</html>")
    assert answer.headers["Content-Type"] == "text/html"
    assert send(exchange, key)[0] == 200


def test_it_flaps_until_the_end_of_a_block() -> None:
    """In the given order, again and again."""
    with FakeExchange() as exchange:
        key, seen = exchange.issue(), []
        with exchange.flap(200, 503, 0, 520, path=ACCOUNT):
            for _ in range(6):
                try:
                    seen.append(send(exchange, key)[0])
                except requests.ConnectionError:
                    seen.append(0)
        assert seen == [200, 503, 0, 520, 200, 503]
        assert send(exchange, key)[0] == 200
