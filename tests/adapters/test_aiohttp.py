"""Sessions of aiohttp that sign where a request has got its connection."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

import aiohttp
import pytest
from gated import GatedExchange
from listener import Listener
from support import build, caught, new_key

from binance_creds import KeyType
from binance_creds.adapters._aiohttp._transport import AiohttpTransport
from binance_creds.adapters._wire._request import Signed
from binance_creds.adapters.aiohttp import attach, client
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import Security
from binance_creds.testing import assert_no_leak

ACCOUNT, ORDER, PING = "/api/v3/account", "/api/v3/order/test", "/api/v3/ping"
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
KEY_HEADER = "X-MBX-APIKEY"


@pytest.fixture
def key(exchange):
    return exchange.issue()


def run(key, test, **options):
    """Run a coroutine function with a session."""

    async def running():
        async with client(build(**key.fields()), **options) as session:
            return await test(session)

    return asyncio.run(running())


async def status(answering) -> int:
    async with answering as answer:
        await answer.read()
        return answer.status


async def acaught(call, *arguments, **options) -> BaseException:
    try:
        await call(*arguments, **options)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_requests_of_a_pool_of_connections_outlive_a_rotation() -> None:
    """60 tasks over 10 connections; the old key is gone when the first ten are answered."""

    async def trading(exchange):
        async with client(exchange, connector=aiohttp.TCPConnector(limit=10)) as session:
            return await asyncio.gather(
                *(status(session.get(exchange.url + ACCOUNT)) for _ in range(60))
            )

    with GatedExchange(10) as exchange:
        assert asyncio.run(trading(exchange)) == [200] * 60
    assert exchange.shares() == [10, 50]


@pytest.mark.parametrize("key_type", list(KeyType))
@pytest.mark.parametrize("value", [":,/@?!'()*", "a b+c&d=e", "１２３é", "%e4[1]|{c}", "", "100%"])
def test_what_yarl_encodes_anew_is_signed_as_it_is_sent(exchange, key_type, value) -> None:
    async def trading(session):
        url = exchange.url + ACCOUNT
        order = exchange.url + ORDER
        return [
            await status(session.get(url, params={"x": value})),
            await status(session.get(f"{url}?x={value.replace('&', '%26').replace('%', '%25')}")),
            await status(session.post(order, data={**MARKET, "x": value})),
            await status(session.post(order, params={**MARKET, "x": value})),
            await status(session.delete(url + "/no", params={"x": value})),
        ]

    assert run(exchange.issue(key_type), trading)[:4] == [200] * 4


def test_public_endpoints_get_nothing_and_key_only_ones_the_key(key, recorder) -> None:
    """The exchange refuses parameters that do not belong (-1101)."""

    async def trading(session):
        for path in (PING, "/api/v3/userDataStream", ACCOUNT):
            await status(session.post(recorder.url + path))

    run(key, trading)
    seen = [
        (r.path.partition("?")[2].count("signature="), r.headers[KEY_HEADER]) for r in recorder.seen
    ]
    assert seen == [(0, None), (0, key.api_key), (1, key.api_key)]


def test_the_table_of_endpoints_can_be_overruled(key, recorder) -> None:
    run(key, lambda s: status(s.get(recorder.url + PING)), security=Security.SIGNED)
    run(key, lambda s: status(s.get(recorder.url + ACCOUNT)), security=Security.PUBLIC)
    assert ["signature=" in r.path for r in recorder.seen] == [True, False]


async def stream():
    yield b"a=1"


@pytest.mark.parametrize(
    "body",
    [{"data": "a=x b"}, {"data": b"a=1"}, {"json": {"a": 1}}, {"data": {"a": open(__file__, "rb")}},
     {"data": stream()}, {"data": MARKET, "chunked": True}, {"data": MARKET, "compress": True},
     {"data": MARKET, "headers": {"Content-Encoding": "gzip"}}],
)  # fmt: skip
def test_a_body_that_is_no_form_in_memory_is_refused(key, exchange, body) -> None:
    """Of all of them the exchange would say -1022 or -1102."""
    error = run(key, lambda s: acaught(s.post, exchange.url + ORDER, **body))
    assert isinstance(error, ConfigurationError)
    assert "params=" in error.hint
    assert exchange.requests == []


def test_nothing_that_the_caller_has_shows_key_or_signature(key, exchange, caplog) -> None:
    """Traces, middlewares, answers and what they carry along see the request that was asked for."""
    caplog.set_level(logging.DEBUG)
    seen, shown = [], []
    config = aiohttp.TraceConfig()

    async def note(_, __, params) -> None:
        shown.append(vars(params) if hasattr(params, "__dict__") else repr(params))
        shown.extend(str(getattr(params, name, "")) for name in ("url", "headers", "chunk"))

    for signal in ("start", "headers_sent", "chunk_sent", "end"):
        getattr(config, f"on_request_{signal}").append(note)
    exchange.close()
    original = exchange.answer
    exchange.answer = lambda incoming: seen.append(incoming.signature) or original(incoming)
    exchange.start()

    async def watching(request, send):
        answer = await send(request)
        shown.extend(map(repr, (vars(request), request.headers, request.url)))
        return answer

    async def trading(session):
        for sent in ({"data": MARKET}, {"params": MARKET}):
            async with session.post(exchange.url + ORDER, **sent) as answer:
                assert answer.status == 200
                shown.extend(map(repr, (answer, answer.url, answer.real_url, answer.request_info)))
                shown.append(repr(answer.request_info.headers))
                answer.status = 400
                shown.append(repr(vars(caught(answer.raise_for_status))))
        shown.append(repr(vars(session)))

    run(key, trading, trace_configs=[config], middlewares=[watching])
    for canary in (key.api_key, *seen):
        assert_no_leak(canary, caplog.text, *map(str, shown))
    assert len(seen) == 2


def test_an_error_has_neither_key_nor_signature(key) -> None:
    """Nor has any frame that it went through."""
    hangs_up = Listener()
    url = f"http://127.0.0.1:{hangs_up.port}{ACCOUNT}"

    async def trading(session):
        return [
            await acaught(session.post, url, **sent)
            for sent in ({}, {"data": {"a": "x" * 1_000_000}})
        ]

    for error in run(key, trading):
        assert isinstance(error, aiohttp.ClientError)
        assert key.api_key not in str(list(frames_of(error)))
        assert "signature=" not in str(list(frames_of(error))) + str(error)
    hangs_up.close()
    assert key.api_key.encode() in b"".join(hangs_up.heard)


def test_an_error_while_the_head_is_written_shows_nothing(key, exchange) -> None:
    """aiohttp has the whole head in a frame then."""

    class Broken(aiohttp.ClientRequest):
        async def send(self, conn):
            conn.protocol.transport.close()
            conn.protocol.connection_lost(None)
            return await super().send(conn)

    async def trading(session):
        return await acaught(session.get, exchange.url + ACCOUNT)

    error = run(key, trading, request_class=Broken)
    assert isinstance(error, aiohttp.ClientError)
    assert key.api_key not in str(list(frames_of(error)))
    assert "signature=" not in str(list(frames_of(error)))


def frames_of(error):
    """Give the locals of every frame of an error and of those before it."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            yield {**trace.tb_frame.f_locals, "key": None}
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def test_a_redirect_is_followed_without_the_key(key, recorder) -> None:
    """Also to an address where it could have gone; a call inside the call changes nothing."""
    recorder.redirects[ACCOUNT] = f"http://localhost:{recorder.port}{ORDER}"

    async def aside(request, send):
        answer = await send(request)
        if request.url.path == ACCOUNT:
            await status(request.session.get(f"{recorder.url}/api/v3/time", middlewares=()))
        return answer

    async def trading(session):
        async with session.get(recorder.url + ACCOUNT, params={"x": "1"}) as answer:
            return len(answer.history)

    assert run(key, trading, middlewares=[aside]) == 1
    headers = [r.headers[KEY_HEADER] for r in recorder.seen]
    assert headers == [key.api_key, None, None]
    assert "signature" not in recorder.seen[-1].path


def test_a_request_that_a_middleware_repeats_is_signed_anew(key, exchange) -> None:
    exchange.throttle(2, retry_after_seconds=0)
    times = iter(range(1000))

    async def again(request, send):
        while (answer := await send(request)).status == 429:
            answer.release()
        return answer

    async def trading(session):
        return await status(session.post(exchange.url + ORDER, data=MARKET))

    clock = lambda: time.time() - next(times) / 10  # noqa: E731
    assert run(key, trading, middlewares=[again], clock=clock) == 200
    stamps = [request.params["timestamp"] for request in exchange.requests]
    assert len(set(stamps)) == 3


def test_a_proxy_is_not_asked_for_this_machine(key, exchange, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    elsewhere = f"http://127.0.0.1:{proxy.port}"
    asked = lambda s: status(s.get(exchange.url + ACCOUNT))  # noqa: E731
    assert run(key, asked, trust_env=True) == 200
    assert run(key, lambda s: status(s.get(exchange.url + ACCOUNT, proxy=elsewhere))) == 200
    proxy.close()
    assert proxy.heard == []


def test_a_proxy_that_a_middleware_brings_is_not_asked_for_this_machine(key, exchange) -> None:
    proxy = Listener()

    async def led(request, send):
        request.update_proxy(aiohttp.client.URL(f"http://127.0.0.1:{proxy.port}"), None, None)
        return await send(request)

    answer = run(key, lambda s: status(s.get(exchange.url + ACCOUNT)), middlewares=[led])
    proxy.close()
    assert (answer, any(proxy.heard)) == (200, False)


def test_a_proxy_that_a_middleware_sets_is_refused_for_this_machine(key, exchange) -> None:
    proxy = Listener()

    async def led(request, send):
        request.proxy = aiohttp.client.URL(f"http://127.0.0.1:{proxy.port}")
        return await send(request)

    error = run(key, lambda s: acaught(s.get, exchange.url + ACCOUNT), middlewares=[led])
    assert isinstance(error, ConfigurationError)
    proxy.close()
    assert not any(proxy.heard)


def test_a_proxy_on_the_way_to_binance_gets_no_key(key, monkeypatch) -> None:
    """Its CONNECT is not signed."""
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    run(key, lambda s: acaught(s.get, "https://api.binance.com/api/v3/account"), trust_env=True)
    proxy.close()
    assert proxy.heard[0].startswith(b"CONNECT api.binance.com:443")
    assert KEY_HEADER.encode() not in proxy.heard[0]


def test_a_session_of_ones_own_is_attached_and_detached(key, exchange) -> None:
    class Mine(aiohttp.ClientRequest):
        pass

    async def trading():
        async with aiohttp.ClientSession(exchange.url, request_class=Mine) as session:
            before = dict(vars(session))
            detach = attach(session, build(**key.fields()))
            assert issubclass(session._request_class, Mine)
            assert await status(session.get(ACCOUNT)) == 200
            assert "signs already" in str(caught(attach, session, build(**key.fields())))
            detach()
            detach()
            assert await status(session.get(ACCOUNT)) == 401
            assert vars(session) == before

    asyncio.run(trading())


class Elsewhere:
    """A session that keeps what it makes requests with, and asks in a way of its own."""

    _request_class = aiohttp.ClientRequest
    _ws_response_class = aiohttp.ClientWebSocketResponse
    _middlewares = ()

    async def _request(self, *_, **__):
        return None


@pytest.mark.parametrize(
    ("session", "says"), [(object(), "no session of a known"), (Elsewhere(), "does not send")]
)
def test_an_unknown_shape_is_refused_and_stays_as_it_was(key, session, says) -> None:
    before = dict(getattr(session, "__dict__", {}))
    error = caught(attach, session, build(**key.fields()))
    assert isinstance(error, ConfigurationError)
    assert says in str(error)
    assert getattr(session, "__dict__", {}) == before


def test_credentials_of_another_environment_are_refused(key) -> None:
    """Once there is a connection; none is made here, since the resolver does not answer."""

    async def trading(session):
        kind = session._request_class
        request = kind(
            "GET", aiohttp.client.URL("https://testnet.binance.vision/api/v3/account"),
            loop=asyncio.get_running_loop(), session=session,
        )  # fmt: skip
        return await acaught(request.send, None)

    error = run(key, trading)
    assert isinstance(error, ConfigurationError)
    assert "'live'" in str(error)


class Handle:
    """A live handle as far as an adapter knows: it goes back to the old pair when told to."""

    def __init__(self, new, old) -> None:
        self.current, self._old, self.reported, self.accepted = new, old, [], set()

    def report_acceptance(self, used) -> None:
        self.accepted.add(used)

    def report_rejection(self, error, *, used):
        raise AssertionError("it blocks the loop")

    async def areport_rejection(self, error, *, used):
        self.reported.append(used)
        self.current = self._old
        return type("Decision", (), {"action": type("Action", (), {"value": "retry"})})


@pytest.mark.parametrize("retries", [True, False])
def test_a_rejected_key_is_reported_and_tried_again_once(exchange, key, retries) -> None:
    """Where that was asked for; also an order, and where the session raises for every status."""
    bad = build(**new_key().fields())
    handle = Handle(bad, build(**key.fields()))

    async def trading():
        async with client(handle, retry_rejected=retries) as session:
            posted = [await status(session.post(exchange.url + ORDER, data=MARKET)) for _ in "12"]
            async with session.get(exchange.url + "/api/v3/nothing") as answer:
                return posted, (await answer.json())["code"]

    posted, code = asyncio.run(trading())
    assert posted == ([200, 200] if retries else [401, 200])
    assert code == -1000
    assert handle.reported == [bad]
    assert handle.accepted == {handle.current}


@pytest.mark.unmeasured
def test_tasks_follow_rotations(exchange) -> None:
    """All key types in turn, while fifty tasks wait for ten connections."""
    handles = [build(**exchange.issue([*KeyType][turn % 3]).fields()) for turn in range(7)]
    handle = type("Live", (), {"current": handles[0]})

    async def trade(session, is_over) -> None:
        while not is_over.is_set():
            await status(session.get(exchange.url + ACCOUNT))
            await status(session.post(exchange.url + ORDER, data=MARKET))

    async def trading():
        is_over = asyncio.Event()
        async with client(handle, connector=aiohttp.TCPConnector(limit=10)) as session:
            tasks = [asyncio.create_task(trade(session, is_over)) for _ in range(50)]
            for handle.current in handles:
                while not exchange.accepted(handle.current.api_key.reveal()):
                    await status(session.get(exchange.url + ACCOUNT))
            is_over.set()
            await asyncio.gather(*tasks)

    asyncio.run(trading())
    assert exchange.rejected() == exchange.mixed() == []
    assert len({request.api_key for request in exchange.requests}) == 7


def test_a_refused_public_request_is_nobodys_fault(key, exchange) -> None:
    """It is reported to nobody."""
    handle = Handle(build(**key.fields()), None)

    async def trading():
        async with client(handle) as session:
            return await status(session.get(exchange.url + PING, params={"x": "1"}))

    assert asyncio.run(trading()) == 400
    assert handle.reported == []


def test_an_order_is_never_sent_twice(exchange, key) -> None:
    """Not where its answer is lost, and not where the key was refused before it was placed."""
    handle = Handle(build(**new_key().fields()), build(**key.fields()))
    path = "/api/v3/order"

    async def trading():
        async with client(handle, retry_rejected=True) as session:
            order = {**MARKET, "newClientOrderId": "first"}
            async with session.post(exchange.url + path, data=order) as answer:
                assert answer.status == 200
            exchange.drop(path=path, after=True)
            order = {**MARKET, "newClientOrderId": "second"}
            error = await acaught(session.post, exchange.url + path, data=order)
            assert isinstance(error, aiohttp.ClientError)

    asyncio.run(trading())
    assert exchange.doubled() == []
    assert [r.client_order_id for r in exchange.requests if r.is_placed] == ["first", "second"]


def test_no_login_of_a_netrc_is_sent(key, recorder, tmp_path, monkeypatch) -> None:
    """With `trust_env` aiohttp adds one that is of no host in particular to all it sends."""
    path = tmp_path / "netrc"
    path.write_text("default login me password mine")
    monkeypatch.setenv("NETRC", str(path))

    async def asked(session) -> None:
        async with aiohttp.ClientSession(trust_env=True) as plain:
            await status(plain.get(recorder.url + PING))
        for path in (PING, ACCOUNT):
            await status(session.get(recorder.url + path))
        own = {"Authorization": "Basic own"}
        await status(session.get(recorder.url + PING, headers=own))

    run(key, asked, trust_env=True)
    assert [r.headers["Authorization"] is None for r in recorder.seen] == [False, True, True, False]


def test_user_events_send_no_login_of_a_netrc(recorder, tmp_path, monkeypatch) -> None:
    """Neither when they ask for a listen key nor when they open a stream."""
    path = tmp_path / "netrc"
    path.write_text("default login me password mine")
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setattr(
        "binance_creds.adapters._aiohttp._transport.is_loopback_url", lambda _: False
    )

    async def asked() -> None:
        transport = AiohttpTransport({"trust_env": True})
        await transport.request("POST", Signed(recorder.url + "/api/v3/userDataStream", b""))
        with suppress(ConnectionError):  # it answers no handshake
            await transport.connect(recorder.url.replace("http", "ws"))

    asyncio.run(asked())
    assert [r.headers["Authorization"] for r in recorder.seen] == [None, None]
