"""Streams by name: the listen keys of futures, the listen tokens of margin."""

from __future__ import annotations

import json

import pytest
import requests
from by_hand import send
from support import caught
from waiting import PATIENCE, wait_for
from websockets.exceptions import ConnectionClosed
from ws_by_hand import code, session

from binance_creds.testing import FakeExchange

FUTURES = {"um": "/fapi/v1/listenKey", "cm": "/dapi/v1/listenKey"}
TOKEN = "userDataStream.subscribe.listenToken"  # the name of a method

ORDER = "symbol={}&side=BUY&type=MARKET&quantity=1&newClientOrderId=a"


def listen_key(exchange, key, method="POST", path=FUTURES["um"]):
    """Ask with the API key alone."""
    headers = {"X-MBX-APIKEY": key.api_key}
    return requests.request(method, exchange.url + path, headers=headers, timeout=PATIENCE).json()


def token(exchange, key, validity=60_000):
    query = f"validity={validity}"
    return send(exchange, key, query, method="POST", path="/sapi/v1/userListenToken")[1]


@pytest.fixture
def key(exchange):
    return exchange.issue(permissions={"enableFutures": True, "enableMargin": True})


@pytest.mark.parametrize("path", FUTURES.values())
def test_an_account_has_one_listen_key(exchange, key, path) -> None:
    """Every key of the account gets it; it can be extended and closed."""
    assert -1125 == listen_key(exchange, key, "PUT", path)["code"]
    assert -1125 == listen_key(exchange, key, "DELETE", path)["code"]
    name = listen_key(exchange, key, path=path)
    assert name == listen_key(exchange, exchange.issue(), path=path)
    assert name != listen_key(exchange, exchange.issue(account="other"), path=path)
    assert name == listen_key(exchange, key, "PUT", path)
    assert {} == listen_key(exchange, key, "DELETE", path)
    assert name != listen_key(exchange, key, path=path)


@pytest.mark.parametrize(
    ("template", "is_combined"),
    [
        ("/ws/{}", False),
        ("/private/ws/{}", False),
        ("/private/ws?listenKey={}", False),
        ("/private/ws?listenKey={}&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE", False),
        ("/stream?streams=btcusdt@trade/{}", True),
        ("/private/stream?listenKey={}", True),
    ],
)
def test_a_listen_key_is_a_stream(exchange, key, template, is_combined) -> None:
    """With its events plain, or wrapped with its name."""
    name = listen_key(exchange, key)["listenKey"]
    with session(exchange, template.format(name)) as stream:
        wait_for(lambda: exchange.open_streams(product="um"))
        exchange.emit({"e": "MARGIN_CALL"}, product="um")
        event = {"e": "MARGIN_CALL"}
        assert ({"stream": name, "data": event} if is_combined else event) == stream.hear()


@pytest.mark.parametrize(("product", "symbol"), [("um", "BTCUSDT"), ("cm", "BTCUSD_PERP")])
def test_orders_of_futures_tell_their_stream(exchange, key, product, symbol) -> None:
    """The order, its trade, and the position."""
    path = FUTURES[product]
    name = listen_key(exchange, key, path=path)["listenKey"]
    order = path.replace("listenKey", "order")
    with session(exchange, f"/ws/{name}") as stream:
        wait_for(lambda: exchange.open_streams(product=product))
        status, placed = send(exchange, key, ORDER.format(symbol), method="POST", path=order)
        assert 200 == status
        new, trade, account = (stream.hear() for _ in range(3))
    assert ("NEW", "NEW", "a") == (new["o"]["x"], new["o"]["X"], new["o"]["c"])
    assert ("TRADE", placed["orderId"]) == (trade["o"]["x"], trade["o"]["i"])
    assert symbol == account["a"]["P"][0]["s"]


def test_streams_are_named_while_they_run(exchange, key) -> None:
    """`SUBSCRIBE`, `UNSUBSCRIBE` and `LIST_SUBSCRIPTIONS`; a wrong name hears nothing."""
    name = listen_key(exchange, key)["listenKey"]
    with session(exchange, "/stream") as stream:
        for method, params, result in [
            ("SUBSCRIBE", [name, "btcusdt@trade", "wrong"], None),
            ("SUBSCRIBE", [name], None),
            ("LIST_SUBSCRIPTIONS", [], [name, "btcusdt@trade", "wrong"]),
        ]:
            message = {"id": 1, "method": method, "params": params}
            assert {"id": 1, "result": result} == stream.tell(json.dumps(message))
        assert 1 == exchange.emit({}, product="um").deliveries
        assert {"stream": name, "data": {}} == stream.hear()
        stream.tell(json.dumps({"id": 2, "method": "UNSUBSCRIBE", "params": [name]}))
        assert 0 == exchange.emit({}, product="um").deliveries


@pytest.mark.parametrize("family", ["fapi", "dapi"])
def test_the_websocket_api_of_futures_gives_out_listen_keys(exchange, key, family) -> None:
    """For the API key alone."""
    with session(exchange, f"/ws-{family}/v1") as futures:
        start, ping, stop = (
            futures.ask(f"userDataStream.{verb}", apiKey=key.api_key)["result"]
            for verb in ("start", "ping", "stop")
        )
    assert start == ping
    assert {} == stop


def test_a_malformed_message_to_a_stream_is_answered(exchange) -> None:
    """With the codes of streams, which are not those of the API."""
    with session(exchange, "/ws") as stream:
        assert 3 == stream.tell("{")["code"]
        assert 2 == stream.tell('{"method": "PUBLISH"}')["code"]


def test_a_listen_key_that_ends_closes_its_stream(exchange, key) -> None:
    """With `listenKeyExpired` before; its name is nothing then."""
    name = listen_key(exchange, key)["listenKey"]
    with session(exchange, f"/ws/{name}") as stream:
        wait_for(lambda: exchange.open_streams(product="um"))
        assert 1 == exchange.end_streams()
        assert ("listenKeyExpired", name) == (lambda e: (e["e"], e["listenKey"]))(stream.hear())
        assert isinstance(caught(stream.hear), ConnectionClosed)
    assert -1125 == listen_key(exchange, key, "PUT")["code"]


def test_a_listen_key_ends_with_the_last_api_key_that_asked_for_it(exchange, key) -> None:
    """Another key of the account that has asked for it, or extended it, keeps it."""
    second = exchange.issue()
    name = listen_key(exchange, key)["listenKey"]
    with session(exchange, f"/ws/{name}") as stream:
        wait_for(lambda: exchange.open_streams(product="um"))
        listen_key(exchange, second, "PUT")
        exchange.keys.revoke(key.api_key)
        assert 1 == exchange.emit({"e": "a"}, product="um").deliveries
        exchange.keys.revoke(second.api_key)
        assert ["a", "listenKeyExpired"] == [stream.hear()["e"] for _ in range(2)]


def test_a_key_that_is_revoked_gets_no_listen_key(exchange, key, monkeypatch) -> None:
    """Although it was still valid when the request was checked."""
    valid, find = exchange.keys.find(key.api_key), exchange.keys.find
    exchange.keys.revoke(key.api_key)
    checks = iter([valid])
    monkeypatch.setattr(exchange.keys, "find", lambda name: next(checks, None) or find(name))
    assert -2015 == listen_key(exchange, key)["code"]


def test_a_listen_key_ends_with_its_time(key) -> None:
    """After an hour."""
    with FakeExchange() as exchange:
        exchange.keys.register_hmac(key.api_key, key.api_secret)
        first = listen_key(exchange, key)
        exchange.clock_offset_ms += 60 * 60 * 1000
        assert first != listen_key(exchange, key)


def test_a_listen_token_subscribes_to_margin(exchange, key) -> None:
    """Without a logon or a signature; a new token extends the subscription."""
    with session(exchange) as spot:
        answer = spot.ask(TOKEN, listenToken=token(exchange, key)["token"])["result"]
        assert 0 == answer["subscriptionId"]
        again = spot.ask(TOKEN, listenToken=token(exchange, key, 90_000)["token"])["result"]
        assert 0 == again["subscriptionId"]
        assert again["expirationTime"] > answer["expirationTime"]
        assert 1 == exchange.emit({"e": "a"}, product="margin").deliveries
        assert {"subscriptionId": 0, "event": {"e": "a"}} == spot.hear()


def test_a_listen_token_ends_with_its_time_or_its_key(exchange, key) -> None:
    """The stream tells so; an invalid one is refused."""
    with session(exchange) as spot:
        assert (400, -1102) == code(spot.ask(TOKEN))
        assert (400, -1209) == code(spot.ask(TOKEN, listenToken="a"))
        assert 200 == spot.ask(TOKEN, listenToken=token(exchange, key, 50)["token"])["status"]
        assert "eventStreamTerminated" == spot.hear()["event"]["e"]
        assert 200 == spot.ask(TOKEN, listenToken=token(exchange, key)["token"])["status"]
        exchange.keys.revoke(key.api_key)
        assert "eventStreamTerminated" == spot.hear()["event"]["e"]


def test_an_isolated_token_needs_its_symbol(exchange, key) -> None:
    """As documented."""
    path = "/sapi/v1/userListenToken"
    answer = send(exchange, key, "isIsolated=true", method="POST", path=path)[1]
    assert -1102 == answer["code"]
