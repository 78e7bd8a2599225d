"""The WebSocket API of the local exchange answers as Binance documents."""

from __future__ import annotations

import json
import threading
import time

import pytest
from support import caught
from waiting import wait_for
from websockets.exceptions import ConnectionClosed
from ws_by_hand import code, now, refusal, session, signed

from binance_creds import KeyType
from binance_creds.testing import FakeExchange

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}


@pytest.fixture
def spot(exchange):
    with session(exchange) as running:
        yield running


def test_public_methods_need_no_key(spot) -> None:
    """The id comes back as it was sent, whatever it is."""
    assert spot.tell('{"id": null, "method": "ping"}')["id"] is None
    answer = spot.tell('{"id": "a", "method": "v3/time", "params": {}}')
    assert ("a", 200) == (answer["id"], answer["status"])
    assert answer["result"]["serverTime"] > 1_700_000_000_000


@pytest.mark.parametrize("key_type", KeyType)
def test_each_kind_of_key_signs_requests(exchange, spot, key_type) -> None:
    """Over the parameters sorted by name, not encoded, as they stand in the message."""
    key = exchange.issue(key_type)
    order = ORDER | {"symbol": "é１=&", "recvWindow": 60000}
    placed = spot.ask_signed(key, "order.place", **order)
    assert "é１=&" == placed["result"]["symbol"]
    found = spot.ask_signed(
        key, "order.status", symbol="é１=&", orderId=placed["result"]["orderId"]
    )
    assert placed["result"]["orderId"] == found["result"]["orderId"]
    assert {} == spot.ask_signed(key, "order.test", **ORDER)["result"]
    assert spot.ask_signed(key, "account.status")["result"]["balances"]
    assert [("ws", key.api_key, key.api_key)] * 4 == [
        (r.transport, r.api_key, r.signed_by) for r in exchange.requests
    ]


ANSWERS = {
    "no key": ({"apiKey": ""}, 401, -2014),
    "malformed key": ({"apiKey": "x"}, 401, -2014),
    "unknown key": ({"apiKey": "x" * 64}, 401, -2008),
    "old": ({"timestamp": 1_600_000_000_000}, 400, -1021),
    "odd timestamp": ({"timestamp": "abc"}, 400, -1100),
    "large window": ({"recvWindow": 60001}, 400, -1131),
}


@pytest.mark.parametrize(("change", "status", "number"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_wrong_request_gets_the_documented_code(exchange, spot, change, status, number) -> None:
    """And is recorded with it."""
    assert (status, number) == code(spot.ask_signed(exchange.issue(), "account.status", **change))
    assert [number] == [request.code for request in exchange.rejected()]


def test_a_wrong_signature_is_refused(exchange, spot) -> None:
    """Also one of another key, which the record tells; and none at all."""
    key, other = exchange.issue(), exchange.issue()
    mixed = signed(other, apiKey=key.api_key)
    assert (400, -1022) == code(spot.ask("account.status", **mixed))
    assert [(key.api_key, other.api_key)] == [(r.api_key, r.signed_by) for r in exchange.mixed()]
    assert (400, -1102) == code(spot.ask("account.status", apiKey=key.api_key, timestamp=now()))
    assert (401, -2014) == code(spot.ask("account.status", timestamp=now()))


@pytest.mark.parametrize(
    ("text", "status", "number"),
    [
        ("{", 400, -1135),
        ("[]", 400, -1135),
        ('{"id": 1, "method": "ping", "params": []}', 400, -1135),
        ('{"id": 1}', 400, -1102),
        ('{"id": 1, "method": "nothing"}', 400, -1020),
        ('{"id": 1, "method": "session.logon", "params": {"apiKey": "a"}}', 400, -1102),
    ],
)
def test_a_malformed_message_is_answered(spot, text, status, number) -> None:
    """The connection stays open."""
    assert (status, number) == code(spot.tell(text))
    assert 200 == spot.ask("ping")["status"]


def test_a_session_needs_no_signature_after_its_logon(exchange, spot) -> None:
    """Its requests need the time alone; the status tells the key."""
    key = exchange.issue(KeyType.ED25519)
    assert spot.ask("session.status")["result"]["apiKey"] is None
    assert key.api_key == spot.log_on(key)["result"]["apiKey"]
    assert key.api_key == spot.ask("session.status")["result"]["apiKey"]
    assert 200 == spot.ask("order.place", **ORDER, timestamp=now())["status"]
    assert (400, -1102) == code(spot.ask("order.place", **ORDER))
    assert (400, -1021) == code(spot.ask("order.place", **ORDER, timestamp=1))
    assert [key.api_key] * 3 == [r.api_key for r in exchange.requests if r.is_order]


@pytest.mark.parametrize("key_type", [KeyType.HMAC, KeyType.RSA])
def test_only_ed25519_keys_log_on(exchange, spot, key_type) -> None:
    """Others are refused, and the session stays without a key."""
    assert (400, -4056) == code(spot.log_on(exchange.issue(key_type)))
    assert spot.ask("session.status")["result"]["authorizedSince"] is None


def test_a_second_logon_replaces_the_key(exchange, spot) -> None:
    """A failed one does not."""
    first, second = (exchange.issue(KeyType.ED25519) for _ in range(2))
    spot.log_on(first)
    assert (400, -1022) == code(spot.ask("session.logon", **{**signed(second), "signature": "a"}))
    assert first.api_key == spot.ask("session.status")["result"]["apiKey"]
    spot.log_on(second)
    assert second.api_key == spot.ask("session.status")["result"]["apiKey"]
    exchange.keys.revoke(first.api_key)
    assert 200 == spot.ask("account.status", timestamp=now())["status"]


def test_a_request_may_name_another_key_than_the_session(exchange, spot) -> None:
    """With its own signature; the session stays."""
    logged_on, other = exchange.issue(KeyType.ED25519), exchange.issue()
    spot.log_on(logged_on)
    assert 200 == spot.ask_signed(other, "account.status")["status"]
    assert other.api_key == exchange.requests[-1].api_key
    assert (400, -1102) == code(spot.ask("account.status", apiKey=other.api_key, timestamp=now()))


def test_a_logout_forgets_the_key(exchange, spot) -> None:
    """Requests need a signature again; without a logon it does nothing."""
    assert spot.ask("session.logout")["result"]["apiKey"] is None
    spot.log_on(exchange.issue(KeyType.ED25519))
    assert spot.ask("session.logout")["result"]["apiKey"] is None
    assert (401, -2014) == code(spot.ask("account.status", timestamp=now()))


def test_revoking_a_key_ends_its_session_with_the_next_request(exchange, spot) -> None:
    """With the error that has no id; the connection stays, and another key may log on."""
    key, other = exchange.issue(KeyType.ED25519), exchange.issue(KeyType.ED25519)
    spot.log_on(key)
    exchange.keys.revoke(key.api_key)
    assert (400, -1020) == code(spot.ask("nothing"))
    answer = spot.ask("account.status", timestamp=now())
    assert (None, 401, -2015) == (answer["id"], *code(answer))
    assert spot.ask("session.status")["result"]["apiKey"] is None
    assert 200 == spot.log_on(other)["status"]


def test_a_permission_that_is_missing_does_not_end_the_session(exchange, spot) -> None:
    """The answer has its id."""
    key = exchange.issue(KeyType.ED25519, permissions={"enableSpotAndMarginTrading": False})
    spot.log_on(key)
    answer = spot.ask("order.place", **ORDER, timestamp=now())
    assert (spot.id, -2015) == (answer["id"], answer["error"]["code"])
    assert 200 == spot.ask("account.status", timestamp=now())["status"]


def test_there_is_no_other_path(exchange) -> None:
    """404 during the handshake."""
    assert 404 == refusal(exchange, "/nothing")


def test_a_handshake_is_refused_on_order(exchange) -> None:
    """As often as asked."""
    exchange.sockets.refuse(2, status=429)
    for _ in range(2):
        assert 429 == refusal(exchange)
    with session(exchange) as running:
        assert 200 == running.ask("ping")["status"]


def test_connections_are_dropped_on_order(exchange, spot) -> None:
    """Without a closing handshake."""
    assert 200 == spot.ask("ping")["status"]
    assert (1, 1) == (exchange.sockets.open, exchange.sockets.drop())
    assert isinstance(caught(lambda: spot.ask("ping")), ConnectionClosed)


def test_an_answer_is_lost_on_order(exchange, spot) -> None:
    """The order is placed, and nobody hears of it."""
    exchange.sockets.lose_answers(method="order.place")
    assert 200 == spot.ask("ping")["status"]
    assert isinstance(
        caught(lambda: spot.ask_signed(exchange.issue(), "order.place", **ORDER)), ConnectionClosed
    )
    assert [False, True] == [request.is_placed for request in exchange.requests]
    with session(exchange) as again:
        assert 200 == again.ask("ping")["status"]
    assert 2 == exchange.sockets.opened


def test_a_defect_of_the_exchange_cuts_the_connection(exchange, spot, monkeypatch, caplog) -> None:
    """And is logged."""
    monkeypatch.setattr(exchange.keys, "find", lambda name: 1 / 0)
    assert isinstance(
        caught(lambda: spot.ask_signed(exchange.issue(), "account.status")), ConnectionClosed
    )
    assert "ZeroDivisionError" in caplog.text


def test_a_shutdown_is_announced(exchange, spot) -> None:
    """With an event that belongs to no subscription; then the connection closes."""
    assert 200 == spot.ask("ping")["status"]
    assert 1 == exchange.sockets.shut_down()
    assert "serverShutdown" == spot.hear()["event"]["e"]
    assert isinstance(caught(spot.hear), ConnectionClosed)


@pytest.mark.parametrize("family", ["fapi", "dapi"])
def test_futures_have_a_websocket_api_of_their_own(exchange, family) -> None:
    """With sessions, and without user data subscriptions."""
    key = exchange.issue(KeyType.ED25519)
    with session(exchange, f"/ws-{family}/v1") as futures:
        assert 200 == futures.log_on(key)["status"]
        assert 200 == futures.ask("ping")["status"]
        assert f"/{family}/v1/ping" == exchange.requests[-1].path
        assert (400, -1020) == code(futures.ask("userDataStream.subscribe"))


def test_requests_are_answered_in_their_order(exchange, spot) -> None:
    """Also those that do not wait for an answer, such as a logon and what needs it."""
    key = exchange.issue(KeyType.ED25519)
    methods = ["session.logon", *["userDataStream.subscribe", "userDataStream.unsubscribe"] * 20]
    for number, method in enumerate(methods):
        params = {} if number else signed(key)
        spot.socket.send(json.dumps({"id": number, "method": method, "params": params}))
    answers = [spot.hear() for _ in range(61)]
    numbered = [answer for answer in answers if "id" in answer]
    assert list(range(41)) == [answer["id"] for answer in numbered]
    assert {200} == {answer["status"] for answer in numbered}


def test_requests_wait_on_order(exchange, spot) -> None:
    """Others are answered; those that waited keep their order when it is over."""
    key = exchange.issue()
    with exchange.sockets.hold(2, method="order.place") as held:
        for number in range(2):
            params = signed(key, **ORDER, newClientOrderId=f"held{number}")
            request = {"id": number, "method": "order.place", "params": params}
            spot.socket.send(json.dumps(request))
        assert 200 == spot.ask("ping")["status"]
        assert ["order.place"] * 2 == held
        assert 200 == spot.ask_signed(key, "order.place", **ORDER)["status"]
    assert ["held0", "held1"] == [spot.hear()["result"]["clientOrderId"] for _ in range(2)]


def test_the_exchange_may_close_while_requests_wait(exchange, spot) -> None:
    """They are not carried out."""
    with exchange.sockets.hold() as held:
        spot.socket.send('{"id": 1, "method": "ping"}')
        wait_for(lambda: held)
        exchange.close()
    assert [] == exchange.requests


def test_answers_are_late_on_order(exchange, spot) -> None:
    """By at least what was asked for."""
    exchange.sockets.latency_seconds = 0.05
    began = time.monotonic()
    assert 200 == spot.ask("ping")["status"]
    assert time.monotonic() - began >= 0.05


def test_it_closes_with_open_connections_and_leaves_no_thread() -> None:
    """The clients' connections end."""
    before = threading.active_count()
    exchange = FakeExchange()
    assert "not running" in str(caught(lambda: exchange.ws_url))
    with exchange:
        assert exchange.ws_url == exchange.ws_url
        with session(exchange) as running:
            exchange.close()
            assert isinstance(caught(running.hear), ConnectionClosed)
    assert threading.active_count() <= before


@pytest.mark.parametrize(("family", "symbol"), [("fapi", "BTCUSDT"), ("dapi", "BTCUSD_PERP")])
def test_orders_of_futures_go_over_their_websocket_api(exchange, family, symbol) -> None:
    """Placed, queried and cancelled; balances and positions as REST answers them."""
    key = exchange.issue(permissions={"enableFutures": True})
    names = {"symbol": symbol}
    with session(exchange, f"/ws-{family}/v1") as futures:
        placed = futures.ask_signed(
            key, "order.place", **ORDER | names | {"type": "LIMIT", "timeInForce": "GTC"}, price="2"
        )["result"]
        for method in ("order.status", "order.cancel"):
            order = futures.ask_signed(key, method, **names, orderId=placed["orderId"])["result"]
            assert placed["clientOrderId"] == order["clientOrderId"]
        for method in ("account.balance", "account.position", "account.status"):
            assert 200 == futures.ask_signed(key, method)["status"]
    assert [] == exchange.rejected()


def test_every_method_of_the_api_is_answered(exchange) -> None:
    """The reads that clients start with, in each version of their names."""
    key = exchange.issue(permissions={"enableFutures": True})
    named = {"symbol": "BTCUSDT"}
    with session(exchange) as spot, session(exchange, "/ws-fapi/v1") as futures:
        for ask, method, params in [
            (spot.ask, "exchangeInfo", named),
            (spot.ask, "v3/depth", named),
            (spot.ask, "klines", named | {"interval": "1m"}),
            (spot.ask, "ticker.price", named),
            (spot.ask, "ticker.book", named),
            (spot.ask, "avgPrice", named),
            (futures.ask, "ticker.price", named),
            (futures.ask, "ticker.book", named),
            (futures.ask, "depth", named),
        ]:
            assert 200 == ask(method, **params)["status"], method
        for ask_signed, method, params in [
            (spot.ask_signed, "openOrders.status", {}),
            (spot.ask_signed, "allOrders", named),
            (spot.ask_signed, "openOrderLists.status", {}),
            (spot.ask_signed, "account.commission", named),
            (spot.ask_signed, "account.rateLimits.orders", {}),
            (spot.ask_signed, "myTrades", named),
            (futures.ask_signed, "v2/account.status", {}),
            (futures.ask_signed, "v2/account.balance", {}),
            (futures.ask_signed, "v2/account.position", {}),
        ]:
            assert 200 == ask_signed(key, method, **params)["status"], method


def test_an_order_is_replaced_over_the_websocket_api(exchange, spot) -> None:
    """In one request, as in REST."""
    key = exchange.issue()
    limit = ORDER | {"type": "LIMIT", "timeInForce": "GTC", "price": "2"}
    placed = spot.ask_signed(key, "order.place", **limit)["result"]
    replaced = spot.ask_signed(
        key,
        "order.cancelReplace",
        **limit,
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=placed["orderId"],
    )["result"]
    assert ("SUCCESS", "SUCCESS") == (replaced["cancelResult"], replaced["newOrderResult"])
    assert [1, 1, 2] == [each.event["i"] for each in exchange.emitted if "i" in each.event]
