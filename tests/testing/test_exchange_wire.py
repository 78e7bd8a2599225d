"""The local exchange reads a request from the wire as Binance documents it."""

from __future__ import annotations

import http.client
import socket
import time
from urllib.parse import unquote

import pytest
from by_hand import ACCOUNT, ORDER, made, send
from waiting import PATIENCE

from binance_creds import KeyType

TEST_ORDER = f"{ORDER}/test"
FORM = "application/x-www-form-urlencoded"


def now() -> str:
    return f"timestamp={int(time.time() * 1000)}"


def code_of(exchange, key, target, body=None, *, method="POST", encode_chunked=False, **headers):
    """Send bytes as they are, and return the code; 0 for success."""
    connection = http.client.HTTPConnection(exchange.url.removeprefix("http://"), timeout=PATIENCE)
    named = {"X-MBX-APIKEY": key.api_key} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection.request(method, target, body, named, encode_chunked=encode_chunked)
    connection.getresponse().close()
    connection.close()
    return exchange.requests[-1].code


@pytest.mark.parametrize("window", ["5000.5", "5000.125", "60000.000", "1000"])
def test_a_window_has_up_to_three_decimals(exchange, window) -> None:
    """So that microseconds may be given."""
    assert send(exchange, exchange.issue(), f"recvWindow={window}")[0] == 200


@pytest.mark.parametrize(("seconds", "code"), [(0, 0), (-10, -1021), (5, -1021)])
def test_a_timestamp_may_be_in_microseconds(exchange, seconds, code) -> None:
    """With the same limits."""
    at = int((time.time() + seconds) * 1_000_000)
    assert code == send(exchange, exchange.issue(), at=at)[1].get("code", 0)


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.RSA])
def test_a_plus_sign_in_a_signature_is_a_blank(exchange, key_type) -> None:
    """A base64 signature must be percent-encoded in a URL and in a form."""
    key = exchange.issue(key_type)
    query = signature = ""
    while "%2B" not in signature:  # one in four has none
        query = f"{now()}&recvWindow={5000 + len(exchange.requests)}"
        signature = made(key, query)
        assert 0 == code_of(exchange, key, f"{ACCOUNT}?{query}&signature={signature}", method="GET")
    raw = unquote(signature)
    assert -1022 == code_of(exchange, key, f"{ACCOUNT}?{query}&signature={raw}", method="GET")
    form = f"symbol=A&side=BUY&type=MARKET&quantity=1&{now()}"
    bare = unquote(made(key, form)).replace("%2B", "+")
    for sent in (bare, bare.replace("+", "%2B")):
        found = code_of(exchange, key, TEST_ORDER, f"{form}&signature={sent}", Content_Type=FORM)
        assert (-1022 if "+" in sent else 0) == found


def test_the_letters_of_an_hmac_signature_may_be_large(exchange) -> None:
    """Hexadecimal has no case."""
    key = exchange.issue()
    query = now()
    target = f"{ACCOUNT}?{query}&signature={made(key, query).upper()}"
    assert 0 == code_of(exchange, key, target, method="GET")


def test_a_body_may_come_in_chunks(exchange) -> None:
    """A client that streams its body does not know the length; the connection stays usable."""
    key = exchange.issue()
    form = f"symbol=A&side=BUY&type=MARKET&quantity=1&{now()}"
    chunks = [form[:7].encode(), f"{form[7:]}&signature={made(key, form)}".encode()]
    assert 0 == code_of(exchange, key, TEST_ORDER, iter(chunks), encode_chunked=True,
                        Transfer_Encoding="chunked", Content_Type=FORM)  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "code"),
    [(f"{FORM};charset=UTF-8", 0), ("application/json", -1102), ("multipart/form-data", -1102)],
)
def test_only_a_form_has_parameters(exchange, content_type, code) -> None:
    """What stands in another body is not read, and the signature not found."""
    key = exchange.issue()
    form = f"symbol=A&side=BUY&type=MARKET&quantity=1&{now()}"
    body = f"{form}&signature={made(key, form)}"
    assert code == code_of(exchange, key, TEST_ORDER, body, Content_Type=content_type)


def test_the_body_of_a_get_is_not_read(exchange) -> None:
    """Its parameters must stand in the query."""
    key = exchange.issue()
    body = f"{now()}&signature={made(key, now())}"
    assert -1102 == code_of(exchange, key, ACCOUNT, body, method="GET", Content_Type=FORM)


def test_the_query_wins_over_the_body(exchange) -> None:
    """And both are signed, one after the other."""
    key = exchange.issue()
    query, form = f"symbol=QUERY&{now()}", "symbol=BODY&side=BUY&type=MARKET&quantity=1"
    signature = made(key, query + form)
    target = f"{TEST_ORDER}?{query}&signature={signature}"
    assert 0 == code_of(exchange, key, target, form, Content_Type=FORM)
    assert "QUERY" == exchange.requests[-1].params["symbol"]


def test_what_follows_the_last_chunk_is_passed_over(exchange) -> None:
    """The next request on the connection is read from its beginning."""
    host, port = exchange.url.removeprefix("http://").split(":")
    head = "POST /api/v3/order HTTP/1.1\r\nHost: x\r\n"
    chunks = "Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\na=1\r\n0\r\nTrailer: 1\r\n\r\n"
    last = "GET /api/v3/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall((head + chunks + last).encode())
        while connection.recv(4096):
            pass
    assert [{"a": "1"}, {}] == [request.params for request in exchange.requests]
    assert [-2014, 0] == [request.code for request in exchange.requests]


def test_two_keys_in_one_request_are_no_key(exchange) -> None:
    """A placeholder beside the key shows."""
    connection = http.client.HTTPConnection(exchange.url.removeprefix("http://"), timeout=PATIENCE)
    connection.putrequest("GET", f"{ACCOUNT}?{now()}")
    for key in (exchange.issue(), exchange.issue()):
        connection.putheader("X-MBX-APIKEY", key.api_key)
    connection.endheaders()
    assert 401 == connection.getresponse().status
    connection.close()
    assert [-2014] == [request.code for request in exchange.requests]
