"""Requests that are signed for any library: what it does to the address must not matter."""

from __future__ import annotations

import asyncio
import enum
import http.client
import json
import string
import time
from numbers import Integral
from statistics import median
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import aiohttp
import httpx
import pytest
import requests
import urllib3
from binance.client import Client
from support import build, caught, new_key
from waiting import PATIENCE

from binance_creds.adapters.plain import sign_request, sign_websocket_request
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import Security
from binance_creds.signers import websocket_payload

ACCOUNT, ORDER, PING = "/api/v3/account", "/api/v3/order/test", "/api/v3/ping"
LISTEN_KEY = "/api/v3/userDataStream"
PRINTABLE = "".join(chr(code) for code in range(32, 127)) + "é１"


def by_requests(signed):
    return requests.request(
        signed.method, signed.url, headers=signed.headers, data=signed.body, timeout=PATIENCE
    ).status_code


def by_httpx(signed):
    return httpx.request(
        signed.method, signed.url, headers=signed.headers, content=signed.body
    ).status_code


def by_aiohttp(signed):
    async def main():
        async with aiohttp.ClientSession() as session:
            async with session.request(
                signed.method, signed.url, headers=signed.headers, data=signed.body
            ) as answer:
                return answer.status

    return asyncio.run(main())


def by_urllib(signed):
    request = Request(signed.url, signed.body or None, dict(signed.headers), method=signed.method)
    try:
        with urlopen(request) as answer:
            return answer.status
    except HTTPError as error:
        error.close()
        return error.code


def by_urllib3(signed):
    return urllib3.request(
        signed.method, signed.url, headers=signed.headers, body=signed.body
    ).status


def by_http_client(signed):
    host, _, path = signed.url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host)
    connection.request(signed.method, f"/{path}", signed.body, dict(signed.headers))
    status = connection.getresponse().status
    connection.close()
    return status


LIBRARIES = [by_requests, by_httpx, by_aiohttp, by_urllib, by_urllib3, by_http_client]


@pytest.mark.unmeasured
@pytest.mark.parametrize("send", LIBRARIES)
def test_every_library_sends_each_character_as_it_was_signed(exchange, send) -> None:
    """As a name, as a value, in a form, and typed into the address, encoded and not."""
    creds = build(**exchange.issue().fields())
    characters = sorted(set(PRINTABLE) - set(string.ascii_letters) - set("23456789"))
    for character in characters:
        signed = requests_with(character, creds, exchange.url)
        assert [send(each) for each in signed] == [200, 200], character


def requests_with(character: str, creds, address: str):
    typed = quote(character, safe="")
    url = f"{address}{ACCOUNT}?c={typed}&d={typed.lower()}"
    if character not in "#&=%":
        url = f"{url}&e={character}"
    form = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "MARKET",
        "quantity": "1",
        "note": character,
    }
    return (
        sign_request(creds, "GET", url, {f"a{character}": f"x{character}y"}),
        sign_request(creds, "POST", address + ORDER, body=form),
    )


class Side(str, enum.Enum):  # noqa: UP042  # the kind that prints its name
    BUY = "BUY"


class Lots(enum.IntEnum):
    TWO = 2


class Float64(float):
    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


class Int64:
    """numpy's is no `int`; it is registered as integral."""

    def __int__(self) -> int:
        return 5


Integral.register(Int64)
NUMBERS = {
    "side": Side.BUY,
    "lots": Lots.TWO,
    "price": Float64("0.1"),
    "limit": Int64(),
    "isTest": True,
}


def test_values_of_subclasses_are_sent_as_they_are_signed(exchange) -> None:
    """An enum prints its name, and a number of numpy its type."""
    key = exchange.issue()
    creds = build(**key.fields())
    signed = sign_request(creds, "GET", exchange.url + ACCOUNT, NUMBERS)
    assert "?side=BUY&lots=2&price=0.1&limit=5&isTest=true&" in signed.url
    assert by_urllib(signed) == 200
    message = sign_websocket_request(creds, "order.place", NUMBERS, request_id=1)
    sent = json.loads(json.dumps(message))["params"]
    signature = sent.pop("signature")
    assert exchange.keys.find(key.api_key).verifies(websocket_payload(sent).encode(), signature)


def test_a_path_alone_is_no_address() -> None:
    """Not one that is unencrypted, either."""
    error = caught(sign_request, build(**new_key().fields()), "GET", ACCOUNT)
    assert isinstance(error, ConfigurationError)
    assert f"'{ACCOUNT}' names no host" in str(error)


@pytest.mark.parametrize(
    "host", ["testnet.binance.vision", "demo-api.binance.com", "api.binance.us"]
)
def test_credentials_of_another_environment_are_refused(host) -> None:
    """Those of the exchange for hosts of the others."""
    error = caught(sign_request, build(**new_key().fields()), "GET", f"https://{host}{ACCOUNT}")
    assert isinstance(error, ConfigurationError)
    assert "'live'" in str(error)


@pytest.mark.parametrize(
    ("path", "security", "has_key", "is_signed"),
    [
        (PING, None, False, False),
        (LISTEN_KEY, None, True, False),
        (ACCOUNT, None, True, True),
        (PING, Security.SIGNED, True, True),
        (ACCOUNT, Security.KEY, True, False),
    ],
)
def test_an_endpoint_gets_what_it_needs(path, security, has_key, is_signed) -> None:
    """The exchange refuses parameters that do not belong (-1101); the table can be overruled."""
    creds = build(**new_key().fields())
    url = f"https://api.binance.com{path}"
    signed = sign_request(creds, "GET", url, security=security)
    assert ("X-MBX-APIKEY" in signed.headers, "signature=" in signed.url) == (has_key, is_signed)
    assert is_signed or signed.url == url


@pytest.mark.unmeasured
def test_a_request_costs_half_of_one_of_python_binance_at_most() -> None:
    """What it does before a network is there, from parameters to an address and headers.

    Both in turn, in the time of this thread: whatever else the machine does slows both of a pair.
    """
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.1",
        "price": "50000",
    }
    key = new_key()
    creds, client = build(**key.fields()), Client(key.api_key, key.api_secret, ping=False)
    url = "https://api.binance.com/api/v3/order"

    def theirs():
        address = client._create_api_uri("order")
        asked = client._get_request_kwargs("get", True, False, data=dict(order))
        return f"{address}?{asked['params']}", client.session.headers

    def ours():
        return sign_request(creds, "GET", url, order)

    def seconds(call) -> float:
        began = time.thread_time()
        for _ in range(50):
            call()
        return time.thread_time() - began

    seconds(ours), seconds(theirs)  # what is made once
    assert median(seconds(ours) / seconds(theirs) for _ in range(100)) < 0.5
    client.close_connection()
