"""Clients of binance-connector: what they send is signed where it leaves.

`tox -e clients-connector-newest` runs this; python-binance must not be installed.
"""

from __future__ import annotations

import copy
import json
import logging
import pickle
import queue
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import build, caught, new_key

pytest.importorskip("binance.spot", exc_type=ImportError)

from binance.api import API
from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from waiting import PATIENCE

from binance_creds import Environment, KeyType
from binance_creds._plan import Plan, Terms
from binance_creds.adapters import binance_connector
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
KEY_HEADER = "X-MBX-APIKEY"


class Live:
    """A handle whose pair can be changed."""

    def __init__(self, *keys) -> None:
        self.pairs = [build(**key.fields()) for key in keys]
        self.current = self.pairs[0]
        self.reported, self.accepted = [], []
        self.report_acceptance = self.accepted.append

    def report_rejection(self, error, *, used):
        self.reported.append(used)
        self.current = self.pairs[-1]
        return type("Decision", (), {"action": type("Action", (), {"value": "retry"})})


@pytest.fixture(params=list(KeyType))
def key(request, exchange):
    return exchange.issue(request.param)


@pytest.fixture(autouse=True)
def _closed(monkeypatch):
    """Close what the clients leave open: sessions, and connections that were stopped."""
    made, init, stop = [], API.__init__, SpotWebsocketAPIClient.stop

    def noted(self, *given, **options) -> None:
        init(self, *given, **options)
        made.append(self.session)

    def closed(self, *given, **options) -> None:
        stop(self, *given, **options)
        self.socket_manager.ws.shutdown()

    monkeypatch.setattr(API, "__init__", noted)
    monkeypatch.setattr(SpotWebsocketAPIClient, "stop", closed)
    yield
    for session in made:
        session.close()


@pytest.fixture
def sockets(exchange):
    """Connect clients of the WebSocket API, and stop them."""
    made = []

    def connect(credentials, **options):
        answers = queue.Queue()
        options.setdefault("on_message", lambda _, text: answers.put(json.loads(text)))
        client = binance_connector.websocket_client(
            credentials, stream_url=f"{exchange.ws_url}/ws-api/v3", **options
        )
        made.append(client)
        return client, lambda: answers.get(timeout=PATIENCE)

    yield connect
    for client in made:
        client.stop()


def test_every_kind_of_rest_request_is_signed_anew(exchange, key) -> None:
    """Signed, signed into the address, key-only, public."""
    client = binance_connector.client(build(**key.fields()), base_url=exchange.url)
    assert client.account()["canTrade"]
    assert client.new_order(**ORDER)["symbol"] == "BTCUSDT"
    assert client.limited_encoded_sign_request("GET", "/api/v3/account", {"note": "a@[b]é"})
    assert client.new_margin_listen_key()["listenKey"]
    assert client.time()["serverTime"]
    assert exchange.rejected() == []
    assert {r.api_key for r in exchange.requests if r.path.endswith("/time")} == {None}


def test_a_rotation_reaches_a_client_that_runs(exchange) -> None:
    """Eight threads, twenty rotations, all key types: nothing is mixed or refused."""
    live = Live(exchange.issue())
    client = binance_connector.client(live, base_url=exchange.url)
    is_over = threading.Event()

    def trade() -> None:
        while not is_over.is_set():
            client.account()

    with ThreadPoolExecutor(8) as threads:
        trading = [threads.submit(trade) for _ in range(8)]
        for turn in range(20):
            live.current = build(**exchange.issue([*KeyType][turn % 3]).fields())
            client.new_order_test(**ORDER)
        is_over.set()
    assert [done.result() for done in trading] == [None] * 8
    assert exchange.rejected() == exchange.mixed() == []


def test_messages_are_signed_with_keys_of_all_types(exchange, key, sockets) -> None:
    """The client itself knows HMAC alone."""
    client, answer = sockets(build(**key.fields()))
    client.account()
    assert answer()["result"]["canTrade"]
    client.new_order_test(**ORDER, newClientOrderId="a-1")
    assert answer()["status"] == 200
    client.server_time()
    assert answer()["result"]["serverTime"]
    client.ping()


def test_a_rotation_reaches_messages(exchange, sockets) -> None:
    live = Live(*(exchange.issue(kind) for kind in KeyType))
    client, answer = sockets(live)
    for pair in live.pairs * 3:
        live.current = pair
        client.account()
        assert answer()["status"] == 200
    assert exchange.mixed() == []
    assert live.accepted == live.pairs * 3


def test_nothing_holds_or_logs_key_and_secret(exchange, sockets, caplog) -> None:
    """The client logs what it sends: placeholders."""
    caplog.set_level(logging.DEBUG)
    key = exchange.issue()
    creds = build(**key.fields())
    client = binance_connector.client(creds, base_url=exchange.url)
    client.account()
    socket, answer = sockets(creds)
    socket.account()
    answer()
    exchange.keys.revoke(key.api_key)
    error = caught(client.account)
    assert isinstance(error, ClientError)
    shown = [vars(client), vars(client.session), vars(socket), caplog.text, error.args, vars(error)]
    for canary in (key.api_key, key.api_secret):
        assert_no_leak(canary, *map(repr, shown))


@pytest.mark.parametrize("retries", [True, False])
def test_a_rejected_key_is_reported_and_tried_again_once(exchange, sockets, retries) -> None:
    good = exchange.issue()
    for use in (by_rest, by_message):
        live = Live(new_key(), good)
        bad = live.current
        code = use(exchange, sockets, live, retries)
        assert (live.reported, code) == ([bad], 0 if retries else -2008)


def by_rest(exchange, sockets, live, retries) -> int:
    client = binance_connector.client(live, base_url=exchange.url, retry_rejected=retries)
    try:
        client.account()
    except ClientError as error:
        return error.error_code
    return 0


def by_message(exchange, sockets, live, retries) -> int:
    client, answer = sockets(live, retry_rejected=retries)
    client.account()
    return answer().get("error", {}).get("code", 0)


def test_a_message_is_repeated_once_only(exchange, sockets) -> None:
    live = Live(new_key(), new_key())
    client, answer = sockets(live, retry_rejected=True)
    client.account()
    assert answer()["error"]["code"] == -2008
    assert live.reported == live.pairs


def test_messages_without_an_answer_are_not_kept_for_ever(exchange, sockets) -> None:
    client, _ = sockets(build(**exchange.issue().fields()), on_message=None)
    sent = client.socket_manager.ws.send.__self__
    sends, sent._send = sent._send, lambda *_: None
    for _ in range(1100):
        client.account()
    sent._send = sends
    assert len(sent._sent) == 1000


def test_a_client_of_ones_own_is_attached_and_detached(exchange) -> None:
    """A subclass; it has its own key again afterwards."""

    class Mine(Spot):
        pass

    own, ours = exchange.issue(), exchange.issue()
    client = Mine(own.api_key, own.api_secret, base_url=exchange.url)
    before = {**vars(client), "header": client.session.headers[KEY_HEADER]}
    detach = binance_connector.attach(client, build(**ours.fields()))
    client.account()
    copy.copy(client).account()
    assert caught(pickle.dumps, client)
    detach()
    detach()
    client.account()
    assert {**vars(client), "header": client.session.headers[KEY_HEADER]} == before
    assert [exchange.accepted(key.api_key) for key in (ours, own)] == [2, 1]


def test_a_socket_of_ones_own_is_attached_and_detached(exchange) -> None:
    answers = queue.Queue()
    own, ours = exchange.issue(), exchange.issue()
    client = SpotWebsocketAPIClient(
        f"{exchange.ws_url}/ws-api/v3",
        own.api_key,
        own.api_secret,
        on_message=lambda _, text: answers.put(text),
    )
    try:
        detach = binance_connector.attach(client, build(**ours.fields()))
        client.account()
        answers.get(timeout=PATIENCE)
        detach()
        client.account()
        answers.get(timeout=PATIENCE)
    finally:
        client.stop()
    assert [exchange.accepted(key.api_key) for key in (ours, own)] == [1, 1]


def test_a_connection_that_is_lost_shows_no_key(exchange, sockets) -> None:
    key = exchange.issue()
    client, _ = sockets(build(**key.fields()))

    def lose(text, opcode):
        raise OSError("gone")

    messages = client.socket_manager.ws.send.__self__
    sends, messages._send = messages._send, lose
    error = caught(client.account)
    messages._send = sends
    assert isinstance(error, OSError)
    assert_no_leak(key.api_key, error)


class Other:
    api_key = api_secret = base_url = session = None

    def send_request(self) -> None: ...
    def sign_request(self) -> None: ...


@pytest.mark.parametrize("make", [object, Other])
def test_an_unknown_shape_is_refused(make) -> None:
    error = caught(binance_connector.attach, make(), build(**new_key().fields()))
    assert isinstance(error, ConfigurationError | AttributeError)


def test_a_client_that_sends_in_its_own_way_is_refused_and_stays(exchange) -> None:
    class Silent(Spot):
        def sign_request(self, *_):
            return {}

    client = Silent("k", "s", base_url=exchange.url)
    before = {**vars(client), "header": client.session.headers[KEY_HEADER]}
    error = caught(binance_connector.attach, client, build(**new_key().fields()))
    assert "does not come where it would be signed" in str(error)
    assert {**vars(client), "header": client.session.headers[KEY_HEADER]} == before


def test_a_socket_that_sends_in_its_own_way_is_refused(exchange, monkeypatch) -> None:
    monkeypatch.setattr(SpotWebsocketAPIClient, "account", lambda self: None)
    creds = build(**exchange.issue().fields())
    error = caught(
        binance_connector.websocket_client, creds, stream_url=f"{exchange.ws_url}/ws-api/v3"
    )
    assert "does not come where it would be signed" in str(error)


@pytest.mark.parametrize("name", ["api_key", "api_secret", "private_key"])
def test_options_that_the_credentials_give_are_refused(name) -> None:
    creds = build(**new_key().fields())
    for make in (binance_connector.client, binance_connector.websocket_client):
        assert f"{name} comes from the credentials" in str(caught(make, creds, **{name: "x"}))


@pytest.mark.parametrize("environment", list(Environment))
def test_a_client_goes_to_the_hosts_of_its_environment(environment) -> None:
    """And to no other."""
    creds = build(Plan((), Terms(environment=environment)), **new_key().fields())
    client = binance_connector.client(creds)
    assert client.base_url.startswith("https://")
    others = {"https://api.binance.com", "https://testnet.binance.vision", "https://api.binance.us"}
    for other in others - {client.base_url}:
        assert isinstance(
            caught(binance_connector.client, creds, base_url=other), ConfigurationError
        )
        url = other.replace("https", "wss")
        assert isinstance(
            caught(binance_connector.websocket_client, creds, stream_url=url), ConfigurationError
        )


def test_this_machine_is_reached_without_a_proxy(exchange, sockets) -> None:
    creds = build(**exchange.issue().fields())
    proxies = {"http": "http://127.0.0.1:9", "https": "http://127.0.0.1:9"}
    assert binance_connector.client(creds, base_url=exchange.url, proxies=proxies).account()
    client, answer = sockets(creds, proxies=proxies)
    client.account()
    assert answer()["status"] == 200
    client.socket_manager._proxy_params = {"http_proxy_host": "127.0.0.1"}
    assert "through a proxy" in str(caught(binance_connector.attach, client, creds))


def test_a_clock_corrects_the_timestamp(exchange) -> None:
    """The client has no such option."""
    exchange.clock_offset_ms = 3_600_000
    creds = build(**exchange.issue().fields())
    assert (
        caught(binance_connector.client(creds, base_url=exchange.url).account).error_code == -1021
    )
    client = binance_connector.client(
        creds, base_url=exchange.url, clock=lambda: exchange.now_ms() / 1000
    )
    assert client.account()


def test_the_blocks_of_its_page_run(monkeypatch, tmp_path) -> None:
    """Those of the other pages run beside python-binance."""
    page = Path(__file__).parents[2] / "docs/howto/clients/binance-connector.md"
    key = new_key()
    monkeypatch.setenv("BINANCE_API_KEY", key.api_key)
    monkeypatch.setenv("BINANCE_API_SECRET", key.api_secret)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python[^\n]*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(page), "exec"), namespace)
    assert blocks
