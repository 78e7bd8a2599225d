"""The user data streams of the local exchange."""

from __future__ import annotations

import pytest
from by_hand import send
from support import caught
from waiting import wait_for
from websockets.exceptions import ConnectionClosed
from ws_by_hand import code, now, session

from binance_creds import KeyType

BY_SIGNATURE = "userDataStream.subscribe.signature"
DEPOSIT = {"e": "balanceUpdate", "E": 1, "a": "BTC", "d": "1.00000000", "T": 1}


@pytest.fixture
def spot(exchange):
    with session(exchange) as running:
        yield running


def wrapped(number, event=DEPOSIT):
    return {"subscriptionId": number, "event": event}


def ending(message):
    return message["subscriptionId"], message["event"]["e"]


@pytest.mark.parametrize("key_type", KeyType)
def test_each_kind_of_key_subscribes_by_signature(exchange, spot, key_type) -> None:
    """Events are wrapped with the number of the subscription."""
    answer = spot.ask_signed(exchange.issue(key_type), BY_SIGNATURE)
    assert {"subscriptionId": 0} == answer["result"]
    assert (1, 0) == (exchange.open_streams(), exchange.open_streams(product="um"))
    assert 1 == exchange.emit(DEPOSIT).deliveries
    assert wrapped(0) == spot.hear()


def test_a_session_subscribes_without_a_signature(exchange, spot) -> None:
    """Only after its logon."""
    assert (401, -1002) == code(spot.ask("userDataStream.subscribe"))
    spot.log_on(exchange.issue(KeyType.ED25519))
    assert {"subscriptionId": 0} == spot.ask("userDataStream.subscribe")["result"]
    assert spot.ask("session.status")["result"]["userDataStream"]
    exchange.emit(DEPOSIT)
    assert wrapped(0) == spot.hear()


def test_an_account_has_one_subscription_on_a_connection(exchange, spot) -> None:
    """Whatever the key; another account and another connection have their own."""
    first, second = exchange.issue(), exchange.issue()
    other = exchange.issue(account="other")
    spot.ask_signed(first, BY_SIGNATURE)
    assert (400, -2035) == code(spot.ask_signed(second, BY_SIGNATURE))
    number = spot.ask_signed(other, BY_SIGNATURE)["result"]["subscriptionId"]
    assert [{"subscriptionId": 0}, {"subscriptionId": number}] == spot.ask("session.subscriptions")[
        "result"
    ]
    with session(exchange) as beside:
        assert 200 == beside.ask_signed(second, BY_SIGNATURE)["status"]
        exchange.emit(DEPOSIT, account="other")
        assert wrapped(number) == spot.hear()
        assert 2 == exchange.emit(DEPOSIT).deliveries
        assert wrapped(0) == spot.hear()
        assert wrapped(0) == beside.hear()


def test_a_subscription_needs_a_key_that_reads(exchange, spot) -> None:
    """And both parameters."""
    key = exchange.issue(permissions={"enableReading": False})
    assert (401, -2015) == code(spot.ask_signed(key, BY_SIGNATURE))
    assert (400, -1102) == code(spot.ask(BY_SIGNATURE, timestamp=now()))


@pytest.mark.parametrize("params", [{}, {"subscriptionId": 0}])
def test_unsubscribing_ends_the_stream(exchange, spot, params) -> None:
    """The stream tells so; what is emitted then is lost, and counted."""
    key = exchange.issue()
    spot.ask_signed(key, BY_SIGNATURE)
    assert {} == spot.ask("userDataStream.unsubscribe", **params)["result"]
    assert (0, "eventStreamTerminated") == ending(spot.hear())
    assert (400, -2036) == code(spot.ask("userDataStream.unsubscribe", subscriptionId=0))
    assert 200 == spot.ask_signed(key, BY_SIGNATURE)["status"]
    assert [] == exchange.emitted


def test_a_logout_ends_the_stream_of_the_logon_alone(exchange, spot) -> None:
    """One by signature, of another account, goes on."""
    spot.log_on(exchange.issue(KeyType.ED25519))
    spot.ask("userDataStream.subscribe")
    number = spot.ask_signed(exchange.issue(account="b"), BY_SIGNATURE)["result"]["subscriptionId"]
    assert spot.ask("session.logout")["result"]["userDataStream"]
    assert (0, "eventStreamTerminated") == ending(spot.hear())
    exchange.emit(DEPOSIT, account="b")
    assert wrapped(number) == spot.hear()


def test_revoking_a_key_ends_the_streams_that_it_opened(exchange, spot) -> None:
    """At once; a stream of the same account that another key opened goes on."""
    first, second = exchange.issue(KeyType.ED25519), exchange.issue()
    spot.log_on(first)
    spot.ask("userDataStream.subscribe")
    with session(exchange) as beside:
        beside.ask_signed(second, BY_SIGNATURE)
        exchange.keys.revoke(first.api_key)
        assert (0, "eventStreamTerminated") == ending(spot.hear())
        assert 1 == exchange.emit(DEPOSIT).deliveries
        assert wrapped(0) == beside.hear()


def test_no_stream_opens_while_its_key_is_revoked(exchange, spot, monkeypatch) -> None:
    """Although the key was still valid when the request was checked."""
    key = exchange.issue()
    valid, find = exchange.keys.find(key.api_key), exchange.keys.find
    exchange.keys.revoke(key.api_key)
    checks = iter([valid])
    monkeypatch.setattr(exchange.keys, "find", lambda name: next(checks, None) or find(name))
    assert (401, -2015) == code(spot.ask_signed(key, BY_SIGNATURE))
    assert 0 == exchange.emit(DEPOSIT).deliveries


def test_streams_end_on_order(exchange, spot) -> None:
    """And tell so."""
    spot.ask_signed(exchange.issue(), BY_SIGNATURE)
    assert (0, 1) == (exchange.end_streams("other"), exchange.end_streams())
    assert (0, "eventStreamTerminated") == ending(spot.hear())


def test_what_nobody_hears_is_counted(exchange) -> None:
    """A connection that is gone hears nothing."""
    with session(exchange) as running:
        running.ask_signed(exchange.issue(), BY_SIGNATURE)
        exchange.sockets.drop()
        assert isinstance(caught(running.hear), ConnectionClosed)
        wait_for(lambda: exchange.sockets.open == 0)
    assert 0 == exchange.emit(DEPOSIT).deliveries
    assert [(DEPOSIT, "main", "spot", 0)] == exchange.emitted


LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
PRICED = {**LIMIT, "price": "100.00", "quantity": "1.00"}


def reports(events):
    return [(e["x"], e["X"], e["s"], e["S"], e["i"], e["c"]) for e in events if "x" in e]


def hear_events(running, count):
    return [running.hear()["event"] for _ in range(count)]


def test_an_order_tells_all_streams_of_its_account(exchange, spot) -> None:
    """Over REST and over the WebSocket API, with an execution report and the balances."""
    key = exchange.issue()
    spot.ask_signed(key, BY_SIGNATURE)
    with session(exchange) as beside:
        placed = beside.ask_signed(key, "order.place", **PRICED, newClientOrderId="a")["result"]
    events = hear_events(spot, 2)
    assert [("NEW", "NEW", "BTCUSDT", "BUY", placed["orderId"], "a")] == reports(events)
    assert {"BTC", "USDT"} == {balance["a"] for balance in events[1]["B"]}
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=2&quantity=1"
    status, placed = send(exchange, key, query, method="POST", path="/api/v3/order")
    assert 200 == status
    assert placed["orderId"] == hear_events(spot, 2)[0]["i"]


def test_the_order_of_a_session_is_answered_before_its_events(exchange, spot) -> None:
    """So that a client knows the order that the event is about."""
    key = exchange.issue()
    spot.ask_signed(key, BY_SIGNATURE)
    placed = spot.ask_signed(key, "order.place", **PRICED)
    assert placed["result"]["orderId"] == hear_events(spot, 2)[0]["i"]


def test_a_cancelled_order_tells_so(exchange, spot) -> None:
    """An order test and a query tell nothing."""
    key = exchange.issue()
    spot.ask_signed(key, "order.test", **PRICED)
    placed = spot.ask_signed(key, "order.place", **PRICED)["result"]
    names = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    spot.ask_signed(key, "order.status", **names)
    spot.ask_signed(key, "order.cancel", **names)
    reported = reports([each.event for each in exchange.emitted])
    assert [("NEW", "NEW"), ("CANCELED", "CANCELED")] == [each[:2] for each in reported]


def test_no_two_events_are_alike(exchange, spot) -> None:
    """Execution ids differ, and so do the times of events."""
    key = exchange.issue()
    for _ in range(10):
        spot.ask_signed(key, "order.place", **PRICED)
    events = [each.event for each in exchange.emitted]
    assert 20 == len({event["E"] for event in events})
    assert 10 == len({event["I"] for event in events if "I" in event})
