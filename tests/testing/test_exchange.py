"""The local exchange answers as Binance documents."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
import threading
import time
from urllib.parse import quote

import pytest
import requests
from by_hand import ACCOUNT, ORDER, send
from support import caught, new_key, token
from waiting import PATIENCE

from binance_creds import Environment, KeyType
from binance_creds.testing import FakeExchange, assert_no_leak


def test_public_endpoints_need_no_key(exchange) -> None:
    """Ping and time."""
    assert requests.get(f"{exchange.url}/api/v3/ping", timeout=PATIENCE).json() == {}
    assert (
        requests.get(f"{exchange.url}/api/v3/time", timeout=PATIENCE).json()["serverTime"]
        > 1_700_000_000_000
    )


NOW = None
ANSWERS = {
    "no key": ({"header": ""}, 401, -2014),
    "malformed key": ({"header": '"' + "x" * 64}, 401, -2014),
    "unknown key": ({"header": "x" * 64}, 401, -2008),
    "no timestamp": ({"at": ""}, 400, -1102),
    "odd timestamp": ({"at": "abc"}, 400, -1100),
    "large window": ({"query": "recvWindow=60001"}, 400, -1131),
    "window a little too large": ({"query": "recvWindow=60000.001"}, 400, -1131),
    "window of letters": ({"query": "recvWindow=abc"}, 400, -1100),
    "window with four decimals": ({"query": "recvWindow=5000.0001"}, 400, -1100),
    "empty window": ({"query": "recvWindow="}, 400, -1105),
    "parameter twice": ({"query": "recvWindow=1&recvWindow=1"}, 400, -1101),
    "signature twice": ({"query": f"signature={'0' * 64}"}, 400, -1101),
    "old": ({"at": 1_600_000_000_000}, 400, -1021),
    "no signature": ({"signature": ""}, 400, -1102),
    "wrong signature": ({"signature": "0" * 64}, 400, -1022),
    "unknown path": ({"path": "/api/v3/nothing"}, 404, -1000),
    "unknown method": ({"method": "PUT"}, 404, -1000),
}


@pytest.mark.parametrize(("change", "status", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_wrong_request_gets_the_documented_code(exchange, change, status, code) -> None:
    """And is recorded with it."""
    assert (status, code) == (lambda s, a: (s, a["code"]))(
        *send(exchange, exchange.issue(), **change)
    )
    assert [request.code for request in exchange.requests] == [code]
    assert exchange.rejected() == exchange.requests


def test_a_clock_ahead_has_its_own_message(exchange) -> None:
    """One second is the limit."""
    status, answer = send(exchange, exchange.issue(), at=int(time.time() * 1000) + 5000)
    assert (status, answer["code"]) == (400, -1021)
    assert "ahead of the server's time" in answer["msg"]


def test_a_payload_that_is_not_percent_encoded_is_refused() -> None:
    """Since 2026-01-15, although the signature fits."""
    with FakeExchange() as exchange:
        key = exchange.issue()
        raw = f"note=\xe9&timestamp={int(time.time() * 1000)}"
        signature = hmac.new(
            key.api_secret.encode(), raw.encode("latin-1"), hashlib.sha256
        ).hexdigest()
        with socket.create_connection(
            ("127.0.0.1", int(exchange.url.rpartition(":")[2]))
        ) as connection:
            request = f"GET {ACCOUNT}?{raw}&signature={signature} HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: {key.api_key}\r\n\r\n"
            connection.sendall(request.encode("latin-1"))
            answer = b""
            while b"}" not in answer:
                answer += connection.recv(4096)
            assert b"-1022" in answer


def test_a_key_can_be_revoked_while_serving(exchange) -> None:
    """-2015 from the next request on."""
    key = exchange.issue()
    assert send(exchange, key)[0] == 200
    exchange.keys.revoke(key.api_key)
    assert send(exchange, key)[1]["code"] == -2015
    assert exchange.accepted(key.api_key) == 1


@pytest.mark.parametrize(
    ("options", "request_of"),
    [
        ({"ip_list": ("10.0.0.1",)}, {}),
        ({"permissions": {"enableReading": False}}, {}),
        ({"permissions": {"enableReading": False}}, {"path": ORDER, "query": "symbol=A&orderId=1"}),
        (
            {"permissions": {"enableSpotAndMarginTrading": False}},
            {"path": ORDER, "method": "POST", "query": "symbol=A&side=BUY&type=MARKET"},
        ),
        (
            {"permissions": {"enableSpotAndMarginTrading": False}},
            {"path": ORDER, "method": "DELETE"},
        ),
    ],
    ids=["address", "reading", "orders", "trading", "cancelling"],
)
def test_address_and_permissions_are_refused_alike(exchange, options, request_of) -> None:
    """-2015 does not say which."""
    assert send(exchange, exchange.issue(**options), **request_of)[1]["code"] == -2015


def test_a_listed_address_is_fine(exchange) -> None:
    """And the restrictions say so."""
    key = exchange.issue(ip_list=("127.0.0.1",), permissions={"enableWithdrawals": True})
    answer = send(exchange, key, path="/sapi/v1/account/apiRestrictions")[1]
    assert (answer["ipRestrict"], answer["enableWithdrawals"], answer["enableFutures"]) == (
        True,
        True,
        False,
    )


def test_each_environment_has_keys_of_its_own() -> None:
    """And the spot testnet has no /sapi."""
    with FakeExchange(Environment.TESTNET) as exchange:
        assert send(exchange, exchange.issue())[0] == 200
        assert send(exchange, exchange.issue(environment=Environment.LIVE))[1]["code"] == -2008
        assert send(exchange, exchange.issue(), path="/sapi/v1/account/apiRestrictions")[0] == 404


@pytest.mark.parametrize("status", [429, 418])
def test_it_throttles_on_demand(exchange, status) -> None:
    """With Retry-After, as often as asked."""
    key = exchange.issue()
    exchange.throttle(2, status=status, retry_after_seconds=7)
    for _ in range(2):
        answer = requests.get(f"{exchange.url}/api/v3/time", timeout=PATIENCE)
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (
            status,
            -1003,
            "7",
        )
    assert send(exchange, key)[0] == 200


def test_a_signature_may_stand_in_the_body(exchange) -> None:
    """As python-binance sends it."""
    key = exchange.issue()
    body = (
        f"symbol={quote('é')}&side=BUY&type=MARKET&quantity=1&timestamp={int(time.time() * 1000)}"
    )
    signature = hmac.new(key.api_secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    answer = requests.post(
        f"{exchange.url}{ORDER}/test",
        f"{body}&signature={signature}",
        headers={"X-MBX-APIKEY": key.api_key},
        timeout=PATIENCE,
    )
    assert answer.json() == {}


def test_an_issued_key_has_the_fields_of_this_library() -> None:
    """A secret or a private key, never both."""
    for key_type in KeyType:
        fields = new_key(key_type).fields()
        other = "api_secret" if key_type is KeyType.HMAC else "private_key"
        assert {"api_key", other} == set(fields)


def test_an_issued_key_shows_nothing() -> None:
    """Not in its repr; it is plaintext otherwise, and says so."""
    for key_type in KeyType:
        key = new_key(key_type)
        for canary in filter(None, (key.api_key, key.api_secret, key.private_key_pem[40:])):
            assert_no_leak(
                canary, repr(key), repr(FakeExchange().keys.register_hmac(token(), canary))
            )


def test_it_stops_cleanly_and_knows_when_it_does_not_run() -> None:
    """No thread, no port; closing twice is fine; asyncio may hold it."""
    before = threading.active_count()
    exchange = FakeExchange()
    assert "not running" in str(caught(lambda: exchange.url))

    async def main() -> None:
        async with exchange as running:
            assert running.url

    asyncio.run(main())
    exchange.close()
    assert threading.active_count() <= before


def test_a_public_endpoint_takes_its_own_parameters_only(exchange) -> None:
    """A signature there is one too many."""
    answer = requests.get(f"{exchange.url}/api/v3/time?timestamp=1", timeout=PATIENCE)
    assert (answer.status_code, answer.json()["code"]) == (400, -1101)
    assert exchange.requests[0].code == -1101


@pytest.mark.parametrize("header", ["", "x" * 64])
def test_a_key_is_refused_with_another_status_under_sapi(exchange, header) -> None:
    """The code tells what is wrong, never the status."""
    status, answer = send(
        exchange, exchange.issue(), path="/sapi/v1/account/apiRestrictions", header=header
    )
    assert (400, -2008 if header else -2014) == (status, answer["code"])


def test_a_connection_ends_with_the_exchange() -> None:
    """What was open before it stopped is not served any more."""
    with requests.Session() as session:
        with FakeExchange() as exchange:
            url = f"{exchange.url}/api/v3/ping"
            assert 200 == session.get(url, timeout=PATIENCE).status_code
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=PATIENCE)
    assert 1 == len(exchange.requests)
