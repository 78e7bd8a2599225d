"""Connections of `websockets` that sign what they send."""

from __future__ import annotations

import asyncio
import json
import logging
import threading

import aiohttp
import pytest
import websockets
from listener import Listener
from support import build, caught, new_key
from websockets.asyncio.client import connect as aconnect
from websockets.sync.client import connect

from binance_creds import KeyType
from binance_creds.adapters._websockets._connection import url_of
from binance_creds.adapters._wire._sessions._messages import Outbound
from binance_creds.adapters._wire._sessions._session import ApiSession
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.adapters.aiohttp import client as aiohttp_client
from binance_creds.adapters.websockets import async_client, attach, client
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import Security
from binance_creds.testing import assert_no_leak

SPOT = "/ws-api/v3"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1, "note": "１２３é"}


@pytest.fixture
def key(exchange):
    return exchange.issue()


class Talk:
    """Ask and get the answer, over either kind of connection."""

    def __init__(self, connection, loop=None) -> None:
        self.connection, self._loop = connection, loop

    def of(self, name, *arguments):
        call = getattr(self.connection, name)
        return self._loop.run_until_complete(call(*arguments)) if self._loop else call(*arguments)

    def ask(self, method, params=None, **more):
        message = {"id": method, "method": method, **({"params": params} if params else {})}
        self.of("send", json.dumps({**message, **more}))
        answer = json.loads(self.of("recv"))
        assert answer["id"] == method
        return answer


class OfAiohttp:
    """A WebSocket of a session that signs, under the names of `websockets`."""

    @classmethod
    async def connected(cls, credentials, url, **options):
        self = cls()
        self.session = aiohttp_client(credentials, **options)
        self.socket = await self.session.ws_connect(url)
        self.send, self.recv = self.socket.send_str, self.socket.receive_str
        return self

    async def close(self) -> None:
        await self.socket.close()
        await self.session.close()


@pytest.fixture
def loop_():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(params=["async", "sync", "aiohttp"])
def opened(request, exchange, loop_):
    """Give a function that opens a connection with credentials."""
    talks = []

    async def awaited(credentials, url, **options):
        return await async_client(credentials, url, **options)

    def open_(credentials, **options) -> Talk:
        url = exchange.ws_url + SPOT
        if request.param == "sync":
            talks.append(Talk(client(credentials, url, **options).__enter__()))
        else:
            make = awaited if request.param == "async" else OfAiohttp.connected
            made = loop_.run_until_complete(make(credentials, url, **options))
            talks.append(Talk(made, loop_))
        return talks[-1]

    yield open_
    for talk in talks:
        talk.of("close")


def test_bytes_that_are_a_message_are_signed_too(exchange, key) -> None:
    creds, url = build(**key.fields()), exchange.ws_url + SPOT
    message = b'{"id": 1, "method": "account.status"}'

    async def awaited():
        async with async_client(creds, url) as connection:
            await connection.send(message)
            assert json.loads(await connection.recv())["status"] == 200
            await connection.send("no message")
            assert json.loads(await connection.recv())["status"] == 400

    asyncio.run(awaited())


@pytest.fixture(params=["async", "sync"])
def plain(request, exchange, loop_):
    """A connection that nobody has touched."""
    url = exchange.ws_url + SPOT

    async def awaited():
        return await aconnect(url)

    if request.param == "sync":
        with connect(url) as connection:
            yield Talk(connection)
    else:
        talk = Talk(loop_.run_until_complete(awaited()), loop_)
        yield talk
        talk.of("close")


@pytest.mark.parametrize("key_type", list(KeyType))
def test_messages_are_signed_as_their_methods_need(exchange, opened, key_type) -> None:
    """Numbers are what they were, and none is written with an exponent."""
    talk = opened(build(**exchange.issue(key_type).fields()))
    assert talk.ask("ping")["status"] == 200
    assert talk.ask("account.status")["status"] == 200
    assert talk.ask("order.test", ORDER)["status"] == 200
    assert talk.ask("order.test", {**ORDER, "quantity": 0.00001})["status"] == 200
    assert talk.ask("v3/order.test", ORDER)["status"] == 200
    assert exchange.rejected() == exchange.mixed() == []
    assert [r.api_key is None for r in exchange.requests] == [True, False, False, False, False]


def test_what_is_no_message_leaves_as_it_is(recording, key) -> None:
    creds = build(**key.fields())
    for sent in ("no json", "[1]", '{"method": "SUBSCRIBE", "params": ["a@b"], "id": 1}', b"\x00"):
        recording.ask(creds, sent)
    assert recording.heard == [
        "no json",
        "[1]",
        '{"method": "SUBSCRIBE", "params": ["a@b"], "id": 1}',
        b"\x00",
    ]


class Echo:
    """A server that sends back what it is sent."""

    def __init__(self) -> None:
        from websockets.sync.server import serve

        self.heard = []
        self._server = serve(self._handle, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/ws-api/v3"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _handle(self, connection) -> None:
        for message in connection:
            self.heard.append(message)
            connection.send(message)

    def ask(self, creds, message):
        with client(creds, self.url) as connection:
            connection.send(message)
            return connection.recv()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()


@pytest.fixture
def recording():
    echo = Echo()
    yield echo
    echo.close()


class Live:
    """A handle that is rotated by hand."""

    def __init__(self, exchange, key_type=KeyType.ED25519) -> None:
        self._exchange, self._hooks = exchange, []
        self.take(key_type)

    def take(self, key_type) -> None:
        self.key = self._exchange.issue(key_type)
        self.current = build(**self.key.fields())

    def rotate(self, key_type) -> None:
        old = self.key
        self.take(key_type)
        for hook in list(self._hooks):
            hook(None)
        self._exchange.keys.revoke(old.api_key)

    def report_rejection(self, error, *, used):
        raise AssertionError(error)

    def report_acceptance(self, used) -> None:
        self.accepted = used


def test_a_session_logs_on_again_after_a_rotation_and_off_where_it_cannot(exchange, opened) -> None:
    """The caller sees no answer but those to what he asked."""
    live = Live(exchange)
    talk = opened(live)
    assert talk.ask("session.logon")["status"] == 200
    for key_type in (KeyType.ED25519, KeyType.HMAC, KeyType.RSA, KeyType.ED25519):
        live.rotate(key_type)
        assert talk.ask("account.status")["status"] == 200
        named = talk.ask("session.status")["result"]["apiKey"]
        assert named == (live.key.api_key if key_type is KeyType.ED25519 else None)
    assert talk.ask("session.logout")["status"] == 200
    live.rotate(KeyType.ED25519)
    assert talk.ask("session.status")["result"]["apiKey"] is None
    assert exchange.rejected() == exchange.mixed() == []


@pytest.fixture
def overtaken(exchange, opened):
    """Give a handle, and a session that logs on with its old key when it rotates."""
    live = Live(exchange)
    talk = opened(live)
    with exchange.sockets.hold(method="session.logon"):
        talk.of("send", '{"id": "first", "method": "session.logon"}')
        live.take(KeyType.ED25519)
        talk.ask("session.status")
    return live, talk


def test_a_logon_that_a_rotation_overtakes_is_followed_by_another(overtaken) -> None:
    """Not before it is answered: the exchange may take two at once in another order."""
    live, talk = overtaken
    assert json.loads(talk.of("recv"))["id"] == "first"
    assert talk.ask("session.status")["result"]["apiKey"] == live.key.api_key


def test_a_logon_that_cannot_follow_at_once_comes_with_the_next_message(overtaken, caplog) -> None:
    """The caller's answer is not lost."""
    live, talk = overtaken
    good, live.current = live.current, build(**live.key.fields(), environment="testnet")
    assert json.loads(talk.of("recv"))["id"] == "first"
    assert "A session is not logged on with the new key" in caplog.text
    live.current = good
    assert talk.ask("session.status")["result"]["apiKey"] == live.key.api_key


def test_a_session_that_is_silent_logs_on_again_at_once(exchange, tmp_path) -> None:
    """By the hook of the handle, whoever calls it."""

    class Rotating(Live):
        def on_rotation(self, hook):
            self._hooks.append(hook)
            return lambda: self._hooks.remove(hook)

    live = Rotating(exchange)
    with client(live, exchange.ws_url + SPOT) as connection:
        talk = Talk(connection)
        talk.ask("session.logon")
        live.rotate(KeyType.ED25519)
        assert talk.ask("session.status")["result"]["apiKey"] == live.key.api_key
        assert len(live._hooks) == 1
    live.rotate(KeyType.ED25519)
    assert live._hooks == []


@pytest.mark.parametrize("make", [async_client, OfAiohttp.connected])
def test_an_async_session_that_is_silent_logs_on_again_at_once(exchange, make) -> None:
    class Rotating(Live):
        def on_rotation(self, hook):
            self._hooks.append(hook)
            return lambda: self._hooks.remove(hook)

        def rotate(self, key_type):
            hooks, self._hooks = self._hooks, []
            super().rotate(key_type)
            self._hooks = hooks
            return [hook(None) for hook in list(hooks)]

    async def talking():
        live = Rotating(exchange)
        connection = await make(live, exchange.ws_url + SPOT)
        await connection.send('{"id": 1, "method": "session.logon"}')
        await connection.recv()
        for hook in live.rotate(KeyType.ED25519):
            await hook
        await connection.send('{"id": 2, "method": "session.status"}')
        answer = json.loads(await connection.recv())
        assert answer["result"]["apiKey"] == live.key.api_key
        await connection.close()
        for hook in live.rotate(KeyType.ED25519):
            await hook
        assert live._hooks == []

    asyncio.run(talking())


def test_a_logon_with_another_kind_of_key_is_refused(exchange, opened) -> None:
    talk = opened(build(**exchange.issue(KeyType.RSA).fields()))
    assert isinstance(caught(talk.ask, "session.logon"), ConfigurationError)


class Handle:
    """A live handle as far as an adapter knows: it goes back to the old pair when told to."""

    def __init__(self, new, old) -> None:
        self.current, self._old, self.reported, self.accepted = new, old, [], set()

    def report_acceptance(self, used) -> None:
        self.accepted.add(used)

    def report_rejection(self, error, *, used):
        self.reported.append(used)
        self.current = self._old
        return type("Decision", (), {"action": type("Action", (), {"value": "retry"})})

    async def areport_rejection(self, error, *, used):
        return self.report_rejection(error, used=used)


@pytest.mark.parametrize("retries", [True, False])
def test_a_rejected_key_is_reported_and_tried_again_once(exchange, key, opened, retries) -> None:
    bad = build(**new_key().fields())
    handle = Handle(bad, build(**key.fields()))
    talk = opened(handle, retry_rejected=retries)
    codes = [talk.ask("order.test", ORDER)["status"] for _ in "12"]
    assert codes == ([200, 200] if retries else [401, 200])
    assert handle.reported == [bad]
    assert handle.accepted == {handle.current}


def test_an_open_connection_is_attached_and_detached(key, plain) -> None:
    creds, talk = build(**key.fields()), plain
    kind, before = type(talk.connection), set(vars(talk.connection))
    detach = attach(talk.connection, creds)
    assert isinstance(talk.connection, kind)
    assert talk.ask("account.status")["status"] == 200
    assert "signs already" in str(caught(attach, talk.connection, creds))
    detach()
    detach()
    assert type(talk.connection) is kind
    assert set(vars(talk.connection)) == before
    assert talk.ask("account.status")["status"] != 200


def test_an_unknown_shape_is_refused(key) -> None:
    assert isinstance(caught(attach, object(), build(**key.fields())), ConfigurationError)


def test_a_class_that_sends_in_a_way_of_its_own_is_refused(exchange, key) -> None:
    with connect(exchange.ws_url + SPOT) as connection:
        connection.send = lambda _: None
        error = caught(attach, connection, build(**key.fields()))
        assert "does not send" in str(error)
        assert type(connection) is websockets.sync.client.ClientConnection


def test_nothing_shows_key_or_signature(exchange, key, opened, caplog) -> None:
    """The debug log of `websockets` shows frames, but not these."""
    caplog.set_level(logging.DEBUG)
    talk = opened(build(**key.fields()))
    talk.ask("order.test", ORDER)
    talk.ask("ping")
    log = [r.getMessage() for r in caplog.records if r.name == "websockets.client"]
    assert_no_leak(key.api_key, *log, repr(vars(talk.connection)))
    sent = [line for line in log if line.startswith("> TEXT")]
    assert not any("order.test" in line for line in sent)
    assert any("ping" in line for line in sent) or isinstance(talk.connection, OfAiohttp)


def test_credentials_of_another_environment_are_refused_before_a_connection(key) -> None:
    creds = build(**key.fields())
    url = "wss://ws-api.testnet.binance.vision/ws-api/v3"
    for make in (client, async_client):
        assert "'live'" in str(caught(make, creds, url))


def test_a_proxy_is_not_asked_for_this_machine(exchange, key, opened, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    assert opened(build(**key.fields())).ask("account.status")["status"] == 200
    proxy.close()
    assert proxy.heard == []


def test_a_stream_of_one_piece_is_received(exchange, key) -> None:
    creds, url, ping = build(**key.fields()), exchange.ws_url + SPOT, '{"id": 1, "method": "ping"}'

    async def awaited():
        async with async_client(creds, url) as connection:
            await connection.send(ping)
            return [piece async for piece in connection.recv_streaming()]

    with client(creds, url) as connection:
        connection.send(ping)
        assert len(list(connection.recv_streaming())) == 1
    assert len(asyncio.run(awaited())) == 1


def test_a_logon_that_fails_is_tried_again_and_told(exchange, opened, caplog) -> None:
    """With the next message; the caller sees nothing of it."""

    class Silent(Live):
        async def areport_rejection(self, error, *, used):
            return self.report_rejection(error, used=used)

        def report_rejection(self, error, *, used):
            return type("Decision", (), {"action": type("Action", (), {"value": "give_up"})})

    live = Silent(exchange)
    talk = opened(live)
    talk.ask("session.logon")
    good, live.current = live.current, build(**new_key(KeyType.ED25519).fields())
    assert talk.ask("account.status")["status"] == 401
    assert "could not be logged on" in caplog.text
    live.current = good
    assert talk.ask("account.status")["status"] == 200
    assert talk.ask("session.status")["result"]["apiKey"] == live.key.api_key


def test_a_websocket_of_aiohttp_sends_bytes_and_hears_its_end(exchange, key) -> None:
    """A message that is to be signed goes as text; the end of a connection is the caller's."""

    async def talking():
        async with aiohttp_client(build(**key.fields())) as session:
            async with session.ws_connect(exchange.ws_url + SPOT) as socket:
                await socket.send_bytes(b'{"id": 1, "method": "account.status"}')
                assert (await socket.receive_json())["status"] == 200
                await socket.send_str("no message")
                assert (await socket.receive_json())["status"] == 400
                await socket.send_bytes(b"no message")
                exchange.sockets.drop()
                while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass

    asyncio.run(talking())


def test_the_address_is_that_of_the_environment(key) -> None:

    async def of(environment):
        return async_client(build(**key.fields(), environment=environment)).uri

    assert asyncio.run(of("live")) == "wss://ws-api.binance.com/ws-api/v3"
    assert asyncio.run(of("us")) == "wss://ws-api.binance.us/ws-api/v3"


def test_a_connection_by_an_address_of_ipv6_is_known_by_it() -> None:
    uri = type("Uri", (), {"secure": True, "host": "::1", "port": 9, "path": "/ws-api/v3"})
    connection = type("Connection", (), {"protocol": type("Protocol", (), {"uri": uri})})
    assert url_of(connection) == "wss://[::1]:9/ws-api/v3"


def test_what_looks_like_an_answer_is_the_callers(recording, key) -> None:
    """Also while something is unanswered, and where it names ids as ours begin."""
    creds = build(**key.fields())
    with client(creds, recording.url) as connection:
        connection.send('{"id": 1, "method": "account.status"}')
        assert json.loads(connection.recv())["params"]["apiKey"] == key.api_key
        for text in ("no json", '{"status": 200, "id": 7}', '{"note": "binance-creds-1"}', "[1]"):
            connection.send(text)
            assert connection.recv() == text
        connection.send(b"binance-creds-1")
        assert connection.recv() == b"binance-creds-1"


def test_what_is_never_answered_is_forgotten(key) -> None:
    """A server that answers nothing costs no memory without end."""
    signer = WireSigner(build(**key.fields()))
    session = ApiSession(signer, "wss://ws-api.binance.com/ws-api/v3")
    for number in range(5000):
        outbound = Outbound({"id": number, "method": "order.place"}, Security.SIGNED)
        session.signed(outbound)
    assert session.answered('{"id": 1, "status": 200}') == []
    assert [it.is_good for it in session.answered('{"id": 4999, "status": 200}')] == [True]
    assert "order.place" in repr(outbound)
