"""Where a key may go, and where it does not follow."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import binance
import httpx
import pytest
import requests
from support import build, caught, new_key
from waiting import PATIENCE

from binance_creds.adapters import python_binance
from binance_creds.adapters.httpx import BinanceAuth as HttpxAuth
from binance_creds.adapters.plain import sign_request
from binance_creds.adapters.requests import BinanceAuth as RequestsAuth
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak

ACCOUNT = "/api/v3/account"
KEY_HEADER = "X-MBX-APIKEY"


@pytest.mark.parametrize(
    "url", ["http://api.binance.com/x", "https://example.com/x", "https://api.binance.com.evil.io/"]
)
def test_the_key_goes_to_binance_only(url) -> None:
    """Encrypted; other hosts must be named."""
    creds = build(**new_key().fields())
    auth = RequestsAuth(creds)
    for use in (
        lambda: sign_request(creds, "GET", url),
        lambda: requests.get(url, auth=auth, timeout=1),
        lambda: httpx.get(url, auth=HttpxAuth(creds)),
    ):
        assert isinstance(caught(use), ConfigurationError)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.io\\.binance.com/x",
        "https://evil.io\\@api.binance.com/x",
        "https://api.binance.com@evil.io/x",
        "https://user:word@api.binance.com/x",
        "https://evil.io\t.binance.com/x",
        " https://api.binance.com/x",
        "https://[::1/x",
        "https://api.binance.com\u2100.evil.io/x",
    ],
)
def test_an_address_that_clients_read_differently_is_refused(url) -> None:
    """What is checked is what is called."""
    error = caught(sign_request, build(**new_key().fields()), "GET", url, hosts=["evil.io"])
    assert isinstance(error, ConfigurationError)
    assert "more than one way" in str(error)


@pytest.mark.parametrize(
    "url", ["https://api.binance.com/x", "https://data-api.binance.vision/x", "https://proxy.lan/x"]
)
def test_binances_hosts_and_named_ones_are_fine(url) -> None:
    """A proxy of one's own is named in hosts, in any case."""
    creds = build(**new_key().fields())
    for hosts in (["proxy.lan"], {"Proxy.LAN"}):
        assert sign_request(creds, "get", url, hosts=hosts).method == "GET"


@pytest.mark.parametrize(
    "use",
    [
        lambda creds: RequestsAuth(creds, hosts="proxy.lan"),
        lambda creds: HttpxAuth(creds, hosts="proxy.lan"),
        lambda creds: sign_request(creds, "GET", "https://lan/x", hosts="proxy.lan"),
    ],
)
def test_hosts_are_not_one_text(use) -> None:
    """Every piece of it would be trusted."""
    assert "not one text" in str(caught(use, build(**new_key().fields())))


def test_a_fragment_is_not_signed(exchange) -> None:
    """It is not sent, either."""
    creds = build(**exchange.issue().fields())
    url = f"{exchange.url}{ACCOUNT}?a=1#part"
    assert requests.get(url, auth=RequestsAuth(creds), timeout=PATIENCE).status_code == 200
    assert httpx.get(url, auth=HttpxAuth(creds)).status_code == 200
    signed = sign_request(creds, "GET", url)
    assert "#" not in signed.url
    assert (
        requests.get(signed.url, headers=dict(signed.headers), timeout=PATIENCE).status_code == 200
    )


@pytest.fixture
def redirecting():
    """Give the address of a server that leads elsewhere, and the keys that arrived there."""
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/api"):
                self.send_response(302)
                self.send_header("Location", f"http://localhost:{self.server.server_port}/else")
            else:
                seen.append(self.headers.get(KEY_HEADER))
                self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


def by_requests(creds, url):
    requests.get(url + ACCOUNT, auth=RequestsAuth(creds), timeout=PATIENCE)


def by_httpx(creds, url):
    httpx.get(url + ACCOUNT, auth=HttpxAuth(creds), follow_redirects=True)


def by_async_httpx(creds, url):
    async def main():
        async with httpx.AsyncClient(auth=HttpxAuth(creds), follow_redirects=True) as client:
            await client.get(url + ACCOUNT)

    asyncio.run(main())


def by_python_binance(creds, url):
    client = python_binance.client(creds, base_url=url, ping=False)
    client.get_account()
    client.close_connection()


def by_async_python_binance(creds, url):
    async def main():
        client = binance.AsyncClient()  # `create` would ask this server for the time
        client.API_URL = f"{url}/api"
        python_binance.attach(client, creds)
        await client.get_account()
        await client.close_connection()

    asyncio.run(main())


@pytest.mark.parametrize(
    "send",
    [by_requests, by_httpx, by_async_httpx, by_python_binance, by_async_python_binance],
)
def test_a_redirect_to_another_host_does_not_take_the_key_along(redirecting, send) -> None:
    """The libraries drop only the Authorization header by themselves."""
    url, seen = redirecting
    send(build(**new_key().fields()), url)
    assert seen == [None]


def test_an_answered_request_of_requests_has_no_key(exchange) -> None:
    """Responses and exceptions carry their request along."""
    key = exchange.issue()
    answer = requests.get(
        exchange.url + ACCOUNT, auth=RequestsAuth(build(**key.fields())), timeout=PATIENCE
    )
    assert (answer.status_code, KEY_HEADER in answer.request.headers) == (200, False)


def test_a_request_of_httpx_can_be_sent_again(exchange) -> None:
    """It stays as it was, so each time it is signed anew, with the key of then."""
    keys = [exchange.issue(), exchange.issue()]

    class Handle:
        current = build(**keys[0].fields())

    with httpx.Client(base_url=exchange.url, auth=HttpxAuth(Handle)) as client:
        request = client.build_request("POST", "/api/v3/order/test", data={
            "symbol": "ü", "side": "BUY", "type": "MARKET", "quantity": "1"})  # fmt: skip
        first = client.send(request)
        Handle.current = build(**keys[1].fields())
        second = client.send(request)
    assert [first.status_code, second.status_code] == [200, 200]
    assert [exchange.accepted(key.api_key) for key in keys] == [1, 1]
    assert KEY_HEADER not in request.headers
    assert first.request.content == request.content


def test_the_headers_of_httpx_are_read_with_the_key_and_shown_without() -> None:
    """Other transports than httpx's own read them in other ways; copies are for elsewhere."""
    key = new_key()
    sent = []
    transport = httpx.MockTransport(lambda request: sent.append(request) or httpx.Response(200))
    with httpx.Client(auth=HttpxAuth(build(**key.fields())), transport=transport) as client:
        answer = client.get(f"https://api.binance.com{ACCOUNT}", headers={KEY_HEADER: "old"})
    assert answer.request.headers[KEY_HEADER] == "old"
    headers = sent[0].headers
    name = KEY_HEADER.casefold()
    assert headers[KEY_HEADER] == headers.get(name) == key.api_key
    assert dict(headers) == dict(headers.items()) == dict(headers.multi_items())
    assert (name in headers, list(headers).count(name)) == (True, 1)
    assert len(headers) == len(headers.raw) == len(list(headers.values()))
    assert (KEY_HEADER.encode(), key.api_key.encode()) in headers.raw
    for copied in (headers.copy(), copy.copy(headers), copy.deepcopy(headers),
                   pickle.loads(pickle.dumps(headers)), httpx.Headers(headers)):  # fmt: skip
        assert copied.get(name) != key.api_key
    assert_no_leak(key.api_key, repr(headers), vars(headers))


@pytest.mark.parametrize("url", ["http://example.com", "https://example.com", "https://[::1"])
def test_python_binance_is_moved_to_binance_or_to_this_machine(url) -> None:
    """Not to whatever base_url says."""
    error = caught(python_binance.client, build(**new_key().fields()), base_url=url)
    assert isinstance(error, ConfigurationError)


def addresses(client) -> dict[str, str]:
    """Return every address of REST of a client, by its name."""
    names = [name for name in dir(client) if name.endswith("_URL") and not name.startswith("WS_")]
    assert len(names) > 15
    return {name: getattr(client, name) for name in names}


def test_every_address_of_python_binance_moves_to_a_local_exchange() -> None:
    """A key for it does not reach the real one by another method."""
    base = "http://127.0.0.1:1/"
    client = python_binance.client(build(**new_key().fields()), base_url=base, ping=False)
    for name, address in addresses(client).items():
        assert address.startswith("http://127.0.0.1:1"), name
        assert "//" not in address.removeprefix("http://"), name
    assert client.ws_api._url == "ws://127.0.0.1:1/ws-api/v3"
    assert client.ws_future._url == "ws://127.0.0.1:1/ws-fapi/v1"
    assert client.FUTURES_URL == "http://127.0.0.1:1/fapi"


def test_another_host_of_binance_takes_over_spot_alone() -> None:
    """It serves no futures and no WebSocket API."""
    creds = build(**new_key().fields())
    plain = python_binance.client(creds, ping=False)
    client = python_binance.client(creds, base_url="https://api1.binance.com", ping=False)
    before, after = addresses(plain), addresses(client)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"API_URL", "API_TESTNET_URL", "API_DEMO_URL", "MARGIN_API_URL"}
    assert client.API_URL == "https://api1.binance.com/api"
    assert client.ws_api._url == plain.ws_api._url
