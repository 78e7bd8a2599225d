"""requests, httpx and plain HTTP against the local exchange."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import httpx
import pytest
import requests
from support import build, caught, new_key, token
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.plain import sign_request, sign_websocket_request
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth
from binance_creds.errors import ConfigurationError
from binance_creds.signers import websocket_payload
from binance_creds.testing import FakeExchange, assert_no_leak, watch_for_leaks

ACCOUNT, ORDER = "/api/v3/account", "/api/v3/order/test"
PARAMS = {"symbol": "１２３４５６", "side": "BUY", "type": "MARKET", "quantity": "1",
          "note": "a b&c=d/é+%~"}  # fmt: skip

SELL = {"side": "SELL", "type": "MARKET", "quantity": "1", "note": "x y"}


def by_requests(creds, method, url, params, form):
    with requests.Session() as session:
        session.auth = RequestsAuth(creds)
        return session.request(method, url, params=params, data=form).status_code


def by_httpx(creds, method, url, params, form):
    with httpx.Client(auth=HttpxAuth(creds)) as client:
        return client.request(method, url, params=params, data=form).status_code


def by_async_httpx(creds, method, url, params, form):
    async def main():
        async with httpx.AsyncClient(auth=HttpxAuth(creds)) as client:
            return (await client.request(method, url, params=params, data=form)).status_code

    return asyncio.run(main())


def by_urllib(creds, method, url, params, form):
    signed = sign_request(creds, method, url, params or (), body=form or ())
    request = Request(signed.url, signed.body or None, dict(signed.headers), method=signed.method)
    with urlopen(request) as answer:
        return answer.status


LIBRARIES = {
    "requests": by_requests,
    "httpx": by_httpx,
    "async httpx": by_async_httpx,
    "urllib": by_urllib,
}
REQUESTS = {
    "bare": ("GET", ACCOUNT, None, None),
    "query": ("GET", ACCOUNT, PARAMS, None),
    "query in the URL": ("GET", f"{ACCOUNT}?a=%C3%A9&b=1", None, None),
    "form": ("POST", ORDER, None, PARAMS),
    "query and form": ("POST", ORDER, {"symbol": "ü"}, SELL),
    "order in the query": ("POST", ORDER, PARAMS, None),
    "own window": ("GET", f"{ACCOUNT}?recvWindow=1000", None, None),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("send", LIBRARIES.values(), ids=LIBRARIES.keys())
@pytest.mark.parametrize("key_type", list(KeyType))
@pytest.mark.parametrize(
    ("method", "path", "params", "form"), REQUESTS.values(), ids=REQUESTS.keys()
)
def test_every_library_signs_what_it_sends(
    exchange, send, key_type, method, path, params, form
) -> None:
    """Query, form and both; reserved and non-ASCII characters; every kind of key."""
    key = exchange.issue(key_type)
    assert send(build(**key.fields()), method, exchange.url + path, params, form) == 200
    assert exchange.accepted(key.api_key) == 1


@pytest.mark.parametrize("send", LIBRARIES.values(), ids=LIBRARIES.keys())
def test_the_secret_is_in_no_log(exchange, send) -> None:
    """With everything at DEBUG; urllib3 logs the signed URL, which is public in that sense."""
    key = exchange.issue()
    with watch_for_leaks(key.api_secret):
        send(build(**key.fields()), "GET", exchange.url + ACCOUNT, PARAMS, None)


def test_each_request_follows_the_handle(exchange) -> None:
    """Key and signature change together, for all three."""

    class Handle:
        current = build(**exchange.issue().fields())

    with requests.Session() as session, httpx.Client(auth=HttpxAuth(Handle)) as client:
        session.auth = RequestsAuth(Handle)
        for key_type in [*KeyType] * 3:
            Handle.current = build(**exchange.issue(key_type).fields())
            assert session.get(exchange.url + ACCOUNT).status_code == 200
            assert client.get(exchange.url + ACCOUNT).status_code == 200
            assert by_urllib(Handle, "GET", exchange.url + ACCOUNT, None, None) == 200
    assert exchange.rejected() == []


def test_many_threads_share_one_auth(exchange) -> None:
    """Eight threads, one session each, one auth."""
    auth = RequestsAuth(build(**exchange.issue(KeyType.ED25519).fields()))

    def work() -> None:
        with requests.Session() as session:
            session.auth = auth
            for _ in range(25):
                session.get(exchange.url + ACCOUNT)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(exchange.requests), exchange.rejected()) == (200, [])


@pytest.mark.parametrize("kind", [RequestsAuth, HttpxAuth])
@pytest.mark.parametrize("window", [0, 60_001])
def test_a_window_that_the_exchange_refuses_is_refused_here(kind, window) -> None:
    """-1131 would come back otherwise."""
    assert isinstance(
        caught(kind, build(**new_key().fields()), recv_window_ms=window), ConfigurationError
    )


def test_a_request_is_not_signed_twice(exchange) -> None:
    """Whoever passes a signature keeps the auth away."""
    error = caught(
        sign_request, build(**new_key().fields()), "GET", f"{exchange.url}{ACCOUNT}?signature=x"
    )
    assert "has a signature already" in str(error)


def test_a_stream_cannot_be_signed(exchange) -> None:
    """Its content is not known yet."""
    auth = RequestsAuth(build(**new_key().fields()))
    error = caught(
        requests.post, exchange.url + ORDER, data=iter([b"a=1"]), auth=auth, timeout=PATIENCE
    )
    assert "streamed body" in str(error)


def test_a_clock_can_be_corrected(exchange) -> None:
    """-1021 is a matter of time, not of keys."""
    exchange.clock_offset_ms = 3_600_000
    creds = build(**exchange.issue().fields())
    late = caught(by_urllib, creds, "GET", exchange.url + ACCOUNT, None, None)
    assert isinstance(late, HTTPError)
    assert json.load(late)["code"] == -1021
    late.close()
    server_time = (
        requests.get(f"{exchange.url}/api/v3/time", timeout=PATIENCE).json()["serverTime"] / 1000
    )
    signed = sign_request(creds, "GET", exchange.url + ACCOUNT, clock=lambda: server_time)
    with urlopen(Request(signed.url, headers=dict(signed.headers))) as answer:
        assert answer.status == 200


def test_a_signed_request_shows_neither_key_nor_signature() -> None:
    """Its repr is for logs."""
    key = new_key()
    signed = sign_request(
        build(**key.fields()), "GET", "https://api.binance.com/api/v3/account", {"a": 1}
    )
    signature = signed.url.rpartition("=")[2]
    assert repr(signed) == "SignedRequest(GET https://api.binance.com/api/v3/account)"
    assert_no_leak(key.api_key, repr(signed))
    assert_no_leak(signature, repr(signed))


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_websocket_request_is_signed_over_sorted_raw_parameters(key_type) -> None:
    """And is JSON as it stands."""
    exchange = FakeExchange()
    key = exchange.issue(key_type)
    params = {"symbol": "１２３", "quantity": 0.1, "side": "BUY"}
    request = sign_websocket_request(build(**key.fields()), "order.place", params, request_id=7)
    sent = json.loads(json.dumps(request))["params"]
    signature = sent.pop("signature")
    assert exchange.keys.find(key.api_key).verifies(websocket_payload(sent).encode(), signature)
    assert (request["id"], request["method"], sent["quantity"], sent["recvWindow"]) == (
        7,
        "order.place",
        "0.1",
        5000,
    )


def test_a_session_logon_takes_ed25519_only() -> None:
    """The exchange would refuse the others."""
    assert sign_websocket_request(
        build(**new_key(KeyType.ED25519).fields()), "session.logon", request_id=1
    )
    error = caught(
        sign_websocket_request, build(**new_key().fields()), "session.logon", request_id=1
    )
    assert "Ed25519 keys only" in str(error)


def test_a_refused_websocket_parameter_has_no_key_near_it() -> None:
    """Nor have the locals of what refused it."""
    key = new_key()
    creds = build(**key.fields())
    for params in ({"symbol": None}, {"signature": "x"}):
        error = caught(sign_websocket_request, creds, "order.place", params, request_id=1)
        assert isinstance(error, ConfigurationError)
        assert_no_leak(key.api_key, error)


def test_a_websocket_request_has_the_key_that_signs_it() -> None:
    """Whatever key its parameters name; and a number as a subclass of float prints itself."""
    exchange = FakeExchange()
    key = exchange.issue()
    kind = type("float64", (float,), {"__repr__": lambda self: "float64(0.1)"})
    params = {"apiKey": token(), "quantity": kind(0.1), "isIsolated": True}
    request = sign_websocket_request(build(**key.fields()), "order.place", params, request_id=1)
    sent = dict(request["params"])
    signature = sent.pop("signature")
    assert (sent["apiKey"], sent["quantity"], sent["isIsolated"]) == (key.api_key, "0.1", True)
    assert exchange.keys.find(key.api_key).verifies(websocket_payload(sent).encode(), signature)


def test_a_timestamp_of_ones_own_is_kept(exchange) -> None:
    """It was taken from the exchange's clock, perhaps."""
    now = int(time.time() * 1000)
    key = exchange.issue()
    url = f"{exchange.url}{ACCOUNT}?timestamp={now}"
    signed = sign_request(build(**key.fields()), "GET", url)
    assert signed.url.count("timestamp=") == 1
    assert by_requests(build(**key.fields()), "GET", url, None, None) == 200
