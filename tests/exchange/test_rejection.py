"""What a rejection means: codes, answers, and what real clients raise."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
import threading
import time
import warnings
import weakref
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import aiohttp
import httpx
import pytest
import requests
from binance.exceptions import BinanceAPIException, BinanceOrderException
from support import build, caught, new_key, token
from waiting import PATIENCE

from binance_creds.adapters import python_binance
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.plain import sign_request
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth
from binance_creds.exchange import Meaning, Rejection, rejection_of

ACCOUNT = "/api/v3/account"
MEANINGS = {
    -2015: Meaning.CREDENTIALS,
    -2014: Meaning.CREDENTIALS,
    -2008: Meaning.CREDENTIALS,
    -1022: Meaning.CREDENTIALS,
    -1002: Meaning.ACCOUNT,
    -1099: Meaning.ACCOUNT,
    -2017: Meaning.ACCOUNT,
    -1021: Meaning.CLOCK,
    -1003: Meaning.LIMIT,
    -1015: Meaning.LIMIT,
    -1013: Meaning.OTHER,
    -2010: Meaning.OTHER,
    -2035: Meaning.OTHER,
}


@pytest.fixture(autouse=True)
def _loop(loop) -> None:
    """Many of these tests make a client of python-binance."""


@pytest.fixture
def answering():
    """Return a function that starts a server with one answer to everything."""
    servers = []

    def start(status: int, body: bytes = b"", **headers: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


# what each client raises


def by_python_binance(creds, url):
    client = python_binance.client(creds, base_url=url, ping=False)
    try:
        return caught(client.get_account)
    finally:
        client.close_connection()


def by_async_python_binance(creds, url):
    async def main():
        client = None
        try:
            client = await python_binance.async_client(creds, base_url=url)
            client.timestamp_offset = 0  # it has looked at the exchange's clock
            await client.get_account()
        except Exception as error:
            return error
        finally:
            if client is not None:
                await client.close_connection()

    return asyncio.run(main())


def by_requests(creds, url):
    with requests.Session() as session:
        session.auth = RequestsAuth(creds)
        return caught(lambda: session.get(url + ACCOUNT, timeout=PATIENCE).raise_for_status())


def by_httpx(creds, url):
    with httpx.Client(auth=HttpxAuth(creds)) as client:
        return caught(lambda: client.get(url + ACCOUNT).raise_for_status())


def by_async_httpx(creds, url):
    async def main():
        async with httpx.AsyncClient(auth=HttpxAuth(creds)) as client:
            answer = None
            try:
                answer = await client.get(url + ACCOUNT)
                answer.raise_for_status()
            except httpx.HTTPError as error:
                return error

    return asyncio.run(main())


def by_urllib(creds, url):
    signed = sign_request(creds, "GET", url + ACCOUNT)
    return caught(urlopen, Request(signed.url, headers=dict(signed.headers)), timeout=PATIENCE)


def by_aiohttp(creds, url):
    async def main():
        signed = sign_request(creds, "GET", url + ACCOUNT)
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(signed.url, headers=dict(signed.headers)) as answer:
                    answer.raise_for_status()
            except aiohttp.ClientError as error:
                return error

    return asyncio.run(main())


def body_by_aiohttp(creds, url):
    """Give the parsed body, which is what has the code with aiohttp."""

    async def main():
        signed = sign_request(creds, "GET", url + ACCOUNT)
        async with (
            aiohttp.ClientSession() as session,
            session.get(signed.url, headers=dict(signed.headers)) as answer,
        ):
            return await answer.json()

    return asyncio.run(main())


CLIENTS = {
    "python-binance": by_python_binance,
    "async python-binance": by_async_python_binance,
    "requests": by_requests,
    "httpx": by_httpx,
    "async httpx": by_async_httpx,
    "urllib": by_urllib,
}
every_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
every_client_and_aiohttp = pytest.mark.parametrize(
    "client", [*CLIENTS.values(), by_aiohttp], ids=[*CLIENTS, "aiohttp"]
)


def done_with(error) -> None:
    """Close what urllib leaves open in its error."""
    if isinstance(error, HTTPError):
        error.close()


def revoked(exchange):
    key = exchange.issue()
    exchange.keys.revoke(key.api_key)
    return build(**key.fields())


def malformed(exchange):
    with warnings.catch_warnings(action="ignore"):
        return build(api_key=token()[:40], api_secret=token())


def unknown(exchange):
    return build(**new_key().fields())


def of_another_secret(exchange):
    return build(api_key=exchange.issue().api_key, api_secret=token())


def with_a_wrong_clock(exchange):
    exchange.clock_offset_ms = 3_600_000
    return build(**exchange.issue().fields())


FAULTS = {
    -2015: revoked,
    -2014: malformed,
    -2008: unknown,
    -1022: of_another_secret,
    -1021: with_a_wrong_clock,
}
every_fault = pytest.mark.parametrize(("code", "fault"), FAULTS.items(), ids=map(str, FAULTS))


@every_client
@every_fault
def test_the_code_of_every_client_is_found(exchange, client, code, fault) -> None:
    """In an attribute, or in the body of the response."""
    error = client(fault(exchange), exchange.url)
    found = rejection_of(error)
    assert (MEANINGS[code], code) == (found.meaning, found.code)
    assert found.status == (401 if code < -2000 else 400)
    done_with(error)


@every_fault
def test_aiohttp_needs_its_body(exchange, code, fault) -> None:
    """Its error has the status alone, and its deprecated `code` is not touched: it warns."""
    creds = fault(exchange)
    error = by_aiohttp(creds, exchange.url)
    with warnings.catch_warnings(record=True, action="always") as warned:
        found = rejection_of(error)
    assert [] == warned
    assert Rejection(Meaning.OTHER, None, 401 if code < -2000 else 400) == found
    assert Rejection(MEANINGS[code], code) == rejection_of(body_by_aiohttp(creds, exchange.url))


@every_client
@pytest.mark.parametrize("status", [418, 429])
def test_a_limit_tells_how_long_to_wait(exchange, client, status) -> None:
    """With its code, its status, and Retry-After in seconds."""
    exchange.throttle(5, status=status, retry_after_seconds=7)
    error = client(unknown(exchange), exchange.url)
    assert Rejection(Meaning.LIMIT, -1003, status, 7.0) == rejection_of(error)
    done_with(error)


@every_client_and_aiohttp
def test_retry_after_may_be_a_date(answering, client) -> None:
    """RFC 9110 has both."""
    until = datetime.now(UTC) + timedelta(seconds=100)
    url = answering(429, b"slow down", Retry_After=format_datetime(until, usegmt=True))
    error = client(build(**new_key().fields()), url)
    found = rejection_of(error)
    assert (Meaning.LIMIT, None, 429) == found[:3]
    assert 60 < found.wait_seconds <= 100
    done_with(error)


@every_client_and_aiohttp
@pytest.mark.parametrize(
    ("status", "meaning"),
    [(403, Meaning.LIMIT), (500, Meaning.OTHER), (401, Meaning.OTHER), (503, Meaning.OTHER)],
)
def test_a_body_that_is_not_json_leaves_the_status(answering, client, status, meaning) -> None:
    """A firewall or a gateway answers HTML."""
    url = answering(status, b"<html><h1>Request blocked</h1></html>")
    error = client(build(**new_key().fields()), url)
    assert Rejection(meaning, None, status) == rejection_of(error)
    done_with(error)


@every_client_and_aiohttp
def test_a_connection_that_fails_is_not_about_credentials(client) -> None:
    """Nobody listens, or the line breaks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = client(build(**new_key().fields()), f"http://127.0.0.1:{port}")
    assert isinstance(error, OSError | httpx.ConnectError)
    assert Rejection(Meaning.OTHER) == rejection_of(error)


def test_the_body_stays_for_its_owner(exchange) -> None:
    """Of urllib's error, which can be read once."""
    error = by_urllib(revoked(exchange), exchange.url)
    assert -2015 == rejection_of(error).code == rejection_of(error).code
    assert -2015 == json.load(error)["code"]
    assert Rejection(Meaning.OTHER, None, 401) == rejection_of(error)  # read before
    error.close()
    assert Rejection(Meaning.OTHER, None, 401) == rejection_of(error)


def test_a_response_is_as_good_as_an_exception(exchange) -> None:
    """Of requests and httpx, for those who do not raise."""
    creds = revoked(exchange)
    with requests.Session() as session:
        session.auth = RequestsAuth(creds)
        answer = session.get(exchange.url + ACCOUNT, timeout=PATIENCE)
        assert (Meaning.CREDENTIALS, -2015, 401) == rejection_of(answer)[:3]
        assert (Meaning.CREDENTIALS, -2015) == rejection_of(answer.json())[:2]
        assert (Meaning.CREDENTIALS, -2015) == rejection_of(answer.text)[:2]
        assert (Meaning.CREDENTIALS, -2015) == rejection_of(answer.content)[:2]
    with httpx.Client(auth=HttpxAuth(creds)) as client:
        assert (-2015, 401) == rejection_of(client.get(exchange.url + ACCOUNT))[1:3]


def test_a_streamed_response_that_nobody_read_leaves_the_status(exchange) -> None:
    """httpx raises where its text is looked at."""
    with (
        httpx.Client(auth=HttpxAuth(revoked(exchange))) as client,
        client.stream("GET", exchange.url + ACCOUNT) as answer,
    ):
        error = caught(answer.raise_for_status)
        assert Rejection(Meaning.OTHER, None, 401) == rejection_of(error)


# codes and answers


@pytest.mark.parametrize(("code", "meaning"), MEANINGS.items())
def test_a_code_decides_in_every_form(code, meaning) -> None:
    """A number, an answer of REST, one of the WebSocket API, and each as text."""
    answer = {"code": code, "msg": "no"}
    for form in (
        code,
        str(code),
        answer,
        {"code": str(code)},
        {"id": 1, "status": 400, "error": answer},
        json.dumps(answer),
        json.dumps(answer).encode(),
        json.dumps({"code": str(code)}),
        BinanceOrderException(code, "no"),
        Exception(f"APIError(code={code}): no"),
    ):
        assert (meaning, code) == rejection_of(form)[:2], form


@pytest.mark.parametrize("status", [403, 418, 429])
def test_a_status_decides_where_there_is_no_code(status) -> None:
    """A number, or of an enumeration, which is not kept."""
    assert Rejection(Meaning.LIMIT, None, status) == rejection_of(status)
    found = rejection_of(HTTPStatus(status))
    assert (Meaning.LIMIT, int) == (found.meaning, type(found.status))


def test_a_code_is_stronger_than_a_status() -> None:
    """`/sapi` answers some faults of the key with other statuses."""
    answer = {"status": 403, "error": {"code": -2015}}
    assert Rejection(Meaning.CREDENTIALS, -2015, 403) == rejection_of(answer)
    assert Rejection(Meaning.LIMIT, -1000, 429) == rejection_of({"status": 429, "code": -1000})


@pytest.mark.parametrize(
    "nothing",
    [None, True, False, 0, 1, 200, 1006, "", "no", "-20150000", b"\xff", [], {}, {"code": True},
     {"code": None}, {"error": None}, {"error": "no"}, {"code": "x", "error": {"code": [-2015]}},
     object(), int, TimeoutError("late"), Exception(-2015.5), KeyboardInterrupt()],
)  # fmt: skip
def test_what_has_no_code_is_not_about_credentials(nothing) -> None:
    """Booleans are numbers in Python, and none here."""
    assert (Meaning.OTHER, None) == rejection_of(nothing)[:2]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("0", 0.0), ("9" * 400, 259_200.0), ("soon", 0.0), ("-1", 0.0),
     ("", 0.0), (None, 0.0), (7, 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)  # fmt: skip
def test_a_wait_is_bounded(header, seconds) -> None:
    """Bans last three days at most; what makes no sense is none."""
    error = Exception("slow down")
    error.status, error.headers = 429, {"retry-after": header}
    assert Rejection(Meaning.LIMIT, None, 429, seconds) == rejection_of(error)


def ban_of(client: str, message: str):
    """Return a ban as a client gives it."""
    answer = {"code": -1003, "msg": message}
    if client == "python-binance":
        response = requests.Response()
        response.status_code = 418
        return BinanceAPIException(response, 418, json.dumps(answer))
    if client == "websocket":
        return {"status": 418, "error": answer}
    return {"answer": answer, "text": json.dumps(answer), "message": Exception(message)}[client]


@pytest.mark.parametrize("client", ["answer", "text", "message", "websocket", "python-binance"])
@pytest.mark.parametrize(("ahead", "seconds"), [(600, 600), (-600, 0), (10**7, 259_200)])
def test_a_ban_tells_its_end(client, ahead, seconds) -> None:
    """In its message alone, in epoch milliseconds."""
    until = int((time.time() + ahead) * 1000)
    message = f"Way too much request weight used; IP banned until {until}. Please use WebSocket."
    assert rejection_of(ban_of(client, message)).wait_seconds == pytest.approx(seconds, abs=30)


@pytest.mark.parametrize("headers", [None, 7, "Retry-After", [], {}, object()])
def test_headers_of_any_shape_are_fine(headers) -> None:
    """A response that was made up may have none."""
    response = requests.Response()
    response.status_code, response.headers = 429, headers
    error = requests.HTTPError("429", response=response)
    assert Rejection(Meaning.LIMIT, None, 429) == rejection_of(error)


def test_attributes_that_raise_are_none() -> None:
    """Whatever they raise; urllib's error without a body is one in some versions."""

    class Hostile(Exception):
        def __getattribute__(self, name):
            if name in {"args", "__class__"}:
                return super().__getattribute__(name)
            raise KeyError(name)

    assert Rejection(Meaning.OTHER) == rejection_of(Hostile())
    bare = HTTPError("http://localhost", 429, "slow down", {"Retry-After": "3"}, None)
    assert Rejection(Meaning.LIMIT, None, 429, 3.0) == rejection_of(bare)
    bare.close()


def test_methods_in_the_place_of_values_are_none() -> None:
    """aiohttp's `text` and grpc's `code` are."""

    class Response:
        async def text(self): ...

        def status(self): ...

    class Error(Exception):
        response = Response()

        def code(self): ...

    assert Rejection(Meaning.OTHER) == rejection_of(Error())


def test_python_binances_error_without_a_code_leaves_the_status() -> None:
    """Its code is 0 then, or absent."""
    response = requests.Response()
    response._content = b"<html>"
    assert Rejection(Meaning.LIMIT, None, 403) == rejection_of(
        BinanceAPIException(response, 403, "<html>")
    )
    response._content = b"{}"
    assert Rejection(Meaning.OTHER, None, 500) == rejection_of(
        BinanceAPIException(response, 500, "{}")
    )


def test_nothing_of_the_error_is_kept(exchange) -> None:
    """Errors reach keys and signed URLs; an answer may be kept for long."""
    with requests.Session() as session:
        session.auth = RequestsAuth(revoked(exchange))
        response = session.get(exchange.url + ACCOUNT, timeout=PATIENCE)
    error = requests.HTTPError("no", response=response)
    before = sys.getrefcount(error), sys.getrefcount(response)
    found = rejection_of(error)
    assert before == (sys.getrefcount(error), sys.getrefcount(response))
    assert {type(None), int, float, Meaning} >= {type(value) for value in found}
    gone = weakref.ref(error), weakref.ref(response)
    del error, response
    gc.collect()
    assert (None, None) == (gone[0](), gone[1]())


# clients that are not installed here


class ClientError(Exception):
    """Stand for binance-connector 3.13's class, with the attributes of its `error.py`.

    It is not installed: its package is called `binance` too.
    """

    def __init__(self, status_code, error_code, error_message, header):
        self.status_code, self.error_code = status_code, error_code
        self.error_message, self.header = error_message, header


class UnauthorizedError(Exception):
    """Stand for the official SDK's (binance-common 4.7): `status_code` is the exchange's code."""

    def __init__(self, error_message=None, status_code=None):
        self.error_message, self.status_code = error_message, status_code
        super().__init__(error_message)


class SdkLimit(Exception):
    """Stand for those of the official SDK whose class alone tells the status."""

    def __init__(self, error_message=None):
        self.error_message = error_message
        super().__init__(error_message)


class DDoSProtection(Exception):
    """Stand for ccxt 4.5's, which are told by their message alone.

    It raises this one for -2015 as well, once a private call has succeeded.
    """


def test_the_connector_is_understood() -> None:
    """By a stand-in: `error_code`, and the headers under `header`."""
    error = ClientError(401, -2015, "Invalid API-key, IP, or permissions for action.", {})
    assert Rejection(Meaning.CREDENTIALS, -2015, 401) == rejection_of(error)
    error = ClientError(429, -1003, "Too many", requests.structures.CaseInsensitiveDict())
    error.header["RETRY-AFTER"] = "9"
    assert Rejection(Meaning.LIMIT, -1003, 429, 9.0) == rejection_of(error)
    error = ClientError(403, None, "<html>", {})
    assert Rejection(Meaning.LIMIT, None, 403) == rejection_of(error)


def test_the_official_sdk_is_understood() -> None:
    """By stand-ins: the code under `status_code`, or nothing but the class."""
    error = UnauthorizedError("Invalid API-key, IP, or permissions for action.", -2015)
    assert Rejection(Meaning.CREDENTIALS, -2015) == rejection_of(error)
    for name, status in (
        ("ForbiddenError", 403),
        ("RateLimitBanError", 418),
        ("TooManyRequestsError", 429),
    ):
        kind = type(name, (SdkLimit,), {})
        assert Rejection(Meaning.LIMIT, None, status) == rejection_of(kind("no"))
    answer = {"id": "1", "status": 401, "error": {"code": -2015, "msg": "no"}, "rateLimits": []}
    assert Rejection(Meaning.CREDENTIALS, -2015, 401) == rejection_of(answer)


@pytest.mark.parametrize(("code", "meaning"), MEANINGS.items())
def test_ccxt_is_understood(code, meaning) -> None:
    """By a stand-in with its message; its class does not count."""
    error = DDoSProtection(f'binance {{"code":{code},"msg":"Invalid API-key"}}')
    assert Rejection(meaning, code) == rejection_of(error)


def test_a_network_error_of_ccxt_is_not_about_credentials() -> None:
    """Its message has the signed URL."""
    error = DDoSProtection(
        "binance GET https://api.binance.com/api/v3/account?timestamp=1&signature=00"
    )
    assert Rejection(Meaning.OTHER) == rejection_of(error)
    assert Rejection(Meaning.OTHER) == rejection_of(URLError(error))
