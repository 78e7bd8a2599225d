"""Faults of the local exchange on order."""

from __future__ import annotations

import http.client
import socket
import struct
import threading

import pytest
import requests
from by_hand import ACCOUNT, ORDER, send
from waiting import PATIENCE, wait_for

LIMIT = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1&newClientOrderId=a"


def place(exchange, key):
    return send(exchange, key, LIMIT, method="POST", path=ORDER)


@pytest.mark.parametrize(
    ("status", "code"), [(500, -1000), (502, -1001), (503, -1000), (504, -1007), (520, -1000)]
)
@pytest.mark.parametrize("after", [False, True])
def test_the_next_requests_of_a_path_fail(exchange, status, code, after) -> None:
    """Before they are carried out, or after; others succeed."""
    key = exchange.issue()
    exchange.fail(2, path=ORDER, status=status, after=after)
    assert 200 == send(exchange, key)[0]
    found, answer = place(exchange, key)
    assert (status, code) == (found, answer["code"])
    assert after is exchange.requests[-1].is_placed
    # The second order is refused as a double, before a fault of what was carried out.
    assert (400 if after else status) == place(exchange, key)[0]
    assert (400 if after else 200) == place(exchange, key)[0]
    assert (2 if after else 0) == len(exchange.doubled())


@pytest.mark.parametrize("after", [False, True])
def test_connections_end_without_an_answer(exchange, after) -> None:
    """The record tells whether the order was placed."""
    key = exchange.issue()
    exchange.drop(path=ORDER, after=after)
    with pytest.raises(requests.ConnectionError):
        place(exchange, key)
    (request,) = exchange.requests
    assert (0 if after else -1001, after) == (request.code, request.is_placed)
    assert (400 if after else 200) == place(exchange, key)[0]
    assert after is bool(exchange.doubled())


def test_requests_wait_as_long_as_they_are_held(exchange) -> None:
    """None is answered before; those of other paths are."""
    key = exchange.issue()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(exchange, key)[0])) for _ in range(3)
    ]
    with exchange.hold(path=ACCOUNT):
        for thread in threads:
            thread.start()
        assert 200 == place(exchange, key)[0]
        assert [] == answers
    for thread in threads:
        thread.join()
    assert [200] * 3 == answers
    assert 200 == send(exchange, key)[0]


def test_a_delay_is_waited_for_once(exchange, monkeypatch) -> None:
    """Before the request is looked at."""
    slept = []
    monkeypatch.setattr("binance_creds.testing.exchange._faults.time.sleep", slept.append)
    exchange.delay(1.5)
    key = exchange.issue()
    assert [200, 200] == [send(exchange, key)[0] for _ in range(2)]
    assert [1.5] == slept


def test_a_client_that_goes_away_is_no_error(exchange, capsys) -> None:
    """The exchange serves the next."""
    host, port = exchange.url.removeprefix("http://").split(":")
    with exchange.hold(path="/api/v3/time"):
        client = socket.create_connection((host, int(port)))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"GET /api/v3/time HTTP/1.1\r\nHost: x\r\n\r\nGET")
        client.close()  # with a reset
    wait_for(lambda: exchange.requests)
    assert 200 == requests.get(f"{exchange.url}/api/v3/ping", timeout=PATIENCE).status_code
    assert "" == capsys.readouterr().err


def test_an_error_of_the_exchange_itself_is_told(exchange, capsys) -> None:
    """On standard error, and the connection ends."""
    exchange.answer = None
    exchange.close()
    exchange.start()
    with pytest.raises((requests.ConnectionError, http.client.HTTPException)):
        requests.get(f"{exchange.url}/api/v3/ping", timeout=PATIENCE)
    wait_for(lambda: "TypeError" in capsys.readouterr().err)
