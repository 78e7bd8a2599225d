"""Clients of httpx that sign where a request gets its connection."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from contextlib import contextmanager

import httpx
import pytest
from gated import GatedExchange
from listener import Listener
from support import build, caught, token

from binance_creds import KeyType
from binance_creds.adapters import httpx as adapter
from binance_creds.adapters.httpx import BinanceAuth, BinanceTransport, attach
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import Security
from binance_creds.testing import assert_no_leak

ACCOUNT, ORDER, PING = "/api/v3/account", "/api/v3/order/test", "/api/v3/ping"
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
KEY_HEADER = "X-MBX-APIKEY"


class Waiting:
    """An `AsyncClient` as it is called without a loop."""

    def __init__(self, client) -> None:
        self.client = client
        self.loop = asyncio.new_event_loop()

    def __getattr__(self, name):
        return lambda *given, **options: self.loop.run_until_complete(
            getattr(self.client, name)(*given, **options)
        )

    def close(self) -> None:
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()


def by_client(creds, **options):
    return adapter.client(creds, **options)


def by_async_client(creds, **options):
    return Waiting(adapter.async_client(creds, **options))


def by_auth(creds, *, security=None, **options):
    return httpx.Client(auth=BinanceAuth(creds, security=security), **options)


def by_async_auth(creds, *, security=None, **options):
    return Waiting(httpx.AsyncClient(auth=BinanceAuth(creds, security=security), **options))


WAYS = [by_client, by_async_client, by_auth, by_async_auth]


@pytest.fixture(params=WAYS)
def opened(request):
    """Build a client in each way, and close it."""

    made = []

    def build_client(*given, **options):
        made.append(request.param(*given, **options))
        return made[-1]

    yield build_client
    for client in made:
        client.close()


@pytest.fixture
def key(exchange):
    return exchange.issue()


@pytest.fixture
def creds(key):
    return build(**key.fields())


LIMITS = httpx.Limits(max_connections=10)


@pytest.mark.parametrize("is_attached", [True, False])
def test_the_tasks_of_a_pool_of_connections_outlive_a_rotation(is_attached) -> None:
    async def main():
        options = {"limits": LIMITS, "timeout": 60}
        if is_attached:
            client = adapter.async_client(exchange, **options)
        else:
            client = httpx.AsyncClient(auth=BinanceAuth(exchange), **options)
        async with client:
            return await asyncio.gather(*[client.get(exchange.url + ACCOUNT) for _ in range(60)])

    with GatedExchange(10) as exchange:
        answers = asyncio.run(main())
    assert {200} == {answer.status_code for answer in answers}
    assert exchange.shares() == [10, 50]


@pytest.mark.parametrize("path", [f"{ACCOUNT}?x=%e4", f"{ACCOUNT}?x=[1]", f"{ACCOUNT}?x=a|b{{c}}"])
def test_a_query_that_httpx_encodes_anew_is_signed_as_it_is_sent(
    exchange, creds, opened, path
) -> None:
    client = opened(creds)
    assert [client.get(exchange.url + path).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("way", [by_client, by_auth])
@pytest.mark.parametrize("changes", [{"recvWindow": "4000"}, {"note": "ü [1]"}])
def test_a_hook_that_edits_the_address_comes_before_the_signature(
    exchange, creds, way, changes
) -> None:
    def edit(request) -> None:
        request.url = request.url.copy_merge_params(changes)

    with way(creds, event_hooks={"request": [edit]}) as client:
        assert [client.get(exchange.url + ACCOUNT).status_code for _ in range(2)] == [200, 200]


def test_a_hook_may_take_the_query_away(exchange, creds) -> None:
    """And with it what was signed in advance."""

    def edit(request) -> None:
        request.url = request.url.copy_with(query=None)

    with by_auth(creds, event_hooks={"request": [edit]}) as client:
        assert [client.get(exchange.url + ACCOUNT).status_code for _ in range(2)] == [200, 200]


def test_public_endpoints_get_nothing_and_key_only_ones_the_key(
    recorder, creds, key, opened
) -> None:
    """The exchange refuses parameters that do not belong (-1101)."""
    client = opened(creds)
    for path in (PING, "/api/v3/userDataStream", ACCOUNT) * 2:
        client.post(recorder.url + path)
    seen = [
        (r.path.partition("?")[2].count("signature="), r.headers[KEY_HEADER]) for r in recorder.seen
    ]
    assert seen == [(0, None), (0, key.api_key), (1, key.api_key)] * 2


@pytest.mark.parametrize(
    ("security", "count"), [(Security.SIGNED, 1), (Security.PUBLIC, 0), (Security.KEY, 0)]
)
def test_the_table_of_endpoints_can_be_overruled(recorder, creds, opened, security, count) -> None:
    client = opened(creds, security=security)
    for path in (PING, ACCOUNT) * 2:
        client.get(recorder.url + path)
    assert {r.path.count("signature=") for r in recorder.seen} == {count}
    assert {KEY_HEADER in r.headers for r in recorder.seen} == {security is not Security.PUBLIC}


@pytest.mark.parametrize("body", [{"content": "a=x b"}, {"json": {"a": 1}}, {"files": {"a": b"1"}}])
def test_a_body_that_is_no_form_is_refused(exchange, creds, opened, body) -> None:
    """Of all of them the exchange would say -1022 or -1102."""
    error = caught(opened(creds).post, exchange.url + ORDER, **body)
    assert isinstance(error, ConfigurationError)
    assert exchange.requests == []


def test_a_form_is_signed(exchange, creds, opened) -> None:
    client = opened(creds)
    assert [client.post(exchange.url + ORDER, data=MARKET).status_code for _ in range(2)] == [
        200,
        200,
    ]


def signatures(recorder) -> list[str]:
    return [request.path.rpartition("&signature=")[2] for request in recorder.seen]


def test_nothing_that_the_caller_has_shows_key_or_signature(
    recorder, creds, key, opened, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    client, traced = opened(creds), []

    def trace(name, info) -> None:
        traced.append(
            (name, [vars(thing) for thing in info.values() if hasattr(thing, "__dict__")])
        )

    async def atrace(name, info) -> None:
        trace(name, info)

    is_async = isinstance(client, Waiting)
    client.post(recorder.url + ORDER, data=MARKET)  # httpx logs what was signed in advance, once
    caplog.clear()
    request = getattr(client, "client", client).build_request(
        "POST",
        recorder.url + ORDER,
        data=MARKET,
        extensions={"trace": atrace if is_async else trace},
    )
    answer = client.send(request)
    stream = answer.stream._stream._httpcore_stream._stream
    shown = [
        caplog.text,
        answer.request.url,
        answer.request.headers.raw,
        vars(stream._request),
        traced,
    ]
    shown += [request.url, request.headers.raw]
    assert len(traced) > 5
    for canary in (key.api_key, *signatures(recorder)):
        assert_no_leak(canary, *map(repr, shown))


def test_an_error_has_neither_key_nor_signature(creds, key, opened) -> None:
    """Nor has any frame that it went through, of whatever library."""
    hangs_up = Listener()
    client = opened(creds)
    for sent in ({}, {"data": {"a": "x" * 10_000_000}}):
        error = caught(client.post, f"http://127.0.0.1:{hangs_up.port}{ACCOUNT}", **sent)
        assert isinstance(error, httpx.TransportError)
        assert key.api_key not in str(list(frames_of(error)))
    hangs_up.close()
    assert key.api_key.encode() in b"".join(hangs_up.heard)


def frames_of(error):
    """Give the locals of every frame of an error and of those before it."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            yield {name: value for name, value in trace.tb_frame.f_locals.items() if name != "key"}
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def test_a_redirect_is_followed_without_the_key(recorder, creds, key, opened) -> None:
    """Also to an address where it could have gone; the request itself can be sent again."""
    recorder.redirects[ACCOUNT] = f"http://localhost:{recorder.port}{ORDER}"
    client = opened(creds)
    request = getattr(client, "client", client).build_request("GET", recorder.url + ACCOUNT)
    for _ in range(2):
        assert len(client.send(request, follow_redirects=True).history) == 1
    assert [r.headers[KEY_HEADER] for r in recorder.seen] == [key.api_key, None] * 2


@pytest.mark.parametrize("way", [by_client, by_async_client])
def test_a_proxy_is_not_asked_for_this_machine(exchange, creds, way, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    client = way(creds)
    assert client.get(exchange.url + ACCOUNT).status_code == 200
    client.close()
    client = way(creds, proxy=f"http://127.0.0.1:{proxy.port}")
    assert client.get(exchange.url + ACCOUNT).status_code == 200
    client.close()
    proxy.close()
    assert proxy.heard == []


def test_a_transport_that_is_a_proxy_is_refused_for_this_machine(exchange, creds) -> None:
    transport = httpx.HTTPTransport(proxy="http://127.0.0.1:9")
    error = caught(adapter.client, creds, transport=transport)
    assert isinstance(error, ConfigurationError)
    with httpx.Client(transport=BinanceTransport(creds, transport)) as client:
        assert "is a proxy" in str(caught(client.get, exchange.url + ACCOUNT))


@pytest.mark.parametrize("way", [by_client, by_auth, by_async_client, by_async_auth])
def test_a_proxy_on_the_way_to_binance_gets_no_key(creds, way, monkeypatch) -> None:
    """Its CONNECT is not signed."""
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    client = way(creds)
    caught(client.get, "https://api.binance.com/api/v3/account")
    client.close()
    proxy.close()
    assert proxy.heard[0].startswith(b"CONNECT api.binance.com:443")
    assert KEY_HEADER.encode().lower() not in proxy.heard[0].lower()


@pytest.mark.parametrize("wrap", [by_auth, by_async_auth, by_client, by_async_client])
def test_a_transport_of_somebody_else_gets_a_signed_request(creds, key, wrap) -> None:
    """A mock, for instance, which does not tell when it sends."""
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(200)

    client = wrap(creds, transport=httpx.MockTransport(answer))
    for _ in range(2):
        response = client.get(f"https://api.binance.com{ACCOUNT}")
        assert KEY_HEADER not in response.request.headers
    client.close()
    assert [(b"signature=" in r.url.query, r.headers[KEY_HEADER]) for r in seen] == [
        (True, key.api_key)
    ] * 2


@pytest.mark.parametrize("ways", [(httpx.Client, by_auth), (httpx.AsyncClient, by_async_auth)])
def test_an_auth_that_relies_on_a_transport_says_where_another_differs(
    exchange, creds, ways
) -> None:
    auth = BinanceAuth(creds)
    mock = httpx.MockTransport(lambda _: httpx.Response(200))
    telling, silent = (ways[0](auth=auth, **more) for more in ({}, {"transport": mock}))
    if ways[0] is httpx.AsyncClient:
        telling, silent = Waiting(telling), Waiting(silent)
    telling.get(exchange.url + ACCOUNT)
    error = caught(silent.get, "https://api.binance.com/api/v3/account")
    assert "Use a BinanceAuth for each client" in str(error)
    telling.close()
    silent.close()


@pytest.mark.parametrize("kind", [httpx.HTTPTransport, httpx.AsyncHTTPTransport])
def test_a_transport_that_does_not_tell_is_refused(creds, kind) -> None:
    """A later httpcore, perhaps."""

    class Later(kind):
        def handle_request(self, request):
            return httpx.Response(200)

        async def handle_async_request(self, request):
            return httpx.Response(200)

    transport = BinanceTransport(creds, Later())
    is_async = kind is httpx.AsyncHTTPTransport
    client = (
        Waiting(httpx.AsyncClient(transport=transport))
        if is_async
        else httpx.Client(transport=transport)
    )
    error = caught(client.get, "https://api.binance.com/api/v3/account")
    client.close()
    assert "does not tell when it sends" in str(error)


def test_a_transport_is_put_around_ones_own(exchange, creds) -> None:
    with httpx.Client(transport=BinanceTransport(creds, httpx.HTTPTransport())) as client:
        assert client.get(exchange.url + ACCOUNT).status_code == 200


@pytest.mark.parametrize("kind", [httpx.Client, httpx.AsyncClient])
def test_a_client_of_ones_own_is_attached_and_detached(exchange, creds, kind) -> None:
    class Mine(kind):
        pass

    own = Mine(mounts={"all://elsewhere": None})
    client = Waiting(own) if kind is httpx.AsyncClient else own
    before = dict(vars(own))
    detach = attach(own, creds)
    assert "signs already" in str(caught(attach, own, creds))
    assert client.get(exchange.url + ACCOUNT).status_code == 200
    detach()
    detach()
    assert [vars(own)[name] is before[name] for name in ("_transport", "_mounts")] == [True, True]
    assert client.get(exchange.url + ACCOUNT).status_code == 401
    client.close()


class Elsewhere(httpx.Client):
    def _send_single_request(self, request):
        return httpx.Response(200, request=request)


class ElsewhereLater(httpx.AsyncClient):
    async def _send_single_request(self, request):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("make", "says"),
    [(object, "no client of httpx"), (Elsewhere, "not come"), (ElsewhereLater, "not come")],
)
def test_an_unknown_shape_is_refused_and_stays_as_it_was(creds, make, says) -> None:
    client = make()
    before = dict(getattr(client, "__dict__", {}))
    error = caught(attach, client, creds)
    assert isinstance(error, ConfigurationError)
    assert says in str(error)
    assert getattr(client, "__dict__", {}) == before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["testnet.binance.vision", "api.binance.us", "example.com"])
def test_credentials_of_another_environment_are_refused(creds, way, host) -> None:
    client = way(creds)
    assert isinstance(caught(client.get, f"https://{host}{ACCOUNT}"), ConfigurationError)
    client.close()


class Handle:
    """A live handle as far as an adapter knows: it goes back to the old pair when told to."""

    def __init__(self, new, old) -> None:
        self.current, self._old, self.reported, self.accepted = new, old, [], []
        self.report_acceptance = self.accepted.append

    def report_rejection(self, error, *, used):
        self.reported.append(used)
        self.current = self._old
        return type("Decision", (), {"action": type("Action", (), {"value": "retry"})})

    async def areport_rejection(self, error, *, used):
        return self.report_rejection(error, used=used)


@pytest.mark.parametrize("way", [by_client, by_async_client])
@pytest.mark.parametrize("retries", [True, False])
def test_a_rejected_key_is_reported_and_tried_again_once(exchange, creds, way, retries) -> None:
    """Where that was asked for; what was accepted is reported, too."""
    bad = build(api_key=token(), api_secret=token())
    handle = Handle(bad, creds)
    client = way(handle, retry_rejected=retries)
    codes = [client.get(exchange.url + ACCOUNT).status_code for _ in range(2)]
    client.close()
    assert codes == ([200, 200] if retries else [401, 200])
    assert (handle.reported, set(handle.accepted)) == ([bad], {creds})


@pytest.mark.parametrize("way", [by_client, by_async_client])
def test_an_order_whose_answer_is_lost_is_not_sent_again(creds, way) -> None:
    """It may have been placed."""
    hangs_up = Listener()
    client = way(creds, retry_rejected=True)
    url = f"http://127.0.0.1:{hangs_up.port}/api/v3/order"
    assert isinstance(caught(client.post, url, data=MARKET), httpx.TransportError)
    client.close()
    hangs_up.close()
    assert len(hangs_up.heard) == 1


def test_a_copy_of_a_client_signs_and_is_no_file(exchange, creds, key) -> None:
    with by_client(creds) as client:
        assert copy.copy(client).get(exchange.url + ACCOUNT).status_code == 200
        error = caught(pickle.dumps, client._transport)
    assert isinstance(error, TypeError)
    assert_no_leak(key.api_key, error)


def test_each_host_of_a_client_is_signed_for(creds, exchange, opened) -> None:
    client = opened(creds)
    port = exchange.url.rpartition(":")[2]
    for host in ("localhost", "127.0.0.1"):
        assert client.get(f"http://{host}:{port}{ACCOUNT}").status_code == 200


@pytest.mark.parametrize("way", [by_auth, by_async_auth])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_auth_sends_nothing_for_this_machine_to_a_proxy(exchange, creds, way, scheme) -> None:
    """One that the client was given; httpx chooses it after the auth."""
    proxy = Listener()
    client = way(creds, proxy=f"http://127.0.0.1:{proxy.port}")
    error = caught(client.get, exchange.url.replace("http", scheme) + ACCOUNT)
    client.close()
    proxy.close()
    assert "this machine" in str(error)
    assert b"".join(proxy.heard) == b""


def test_socks_is_a_proxy_too(creds) -> None:
    """httpx needs a further package for it, so its extension is called as httpcore does."""
    from binance_creds.adapters._httpx._trace import Underway
    from binance_creds.adapters._wire._signer import WireSigner

    request = httpx.Request("GET", f"http://127.0.0.1{ACCOUNT}")
    underway = Underway(WireSigner(creds), request, str(request.url), None, is_signed=False)
    error = caught(underway.trace, "socks.setup_socks5_connection.started", {})
    assert "this machine" in str(error)


def test_a_refused_request_is_an_answer(exchange, opened) -> None:
    client = opened(build(api_key=token(), api_secret=token()))
    assert [client.get(exchange.url + ACCOUNT).status_code for _ in range(2)] == [401, 401]


@contextmanager
def rotating(exchange):
    handle = type("Live", (), {"current": build(**exchange.issue().fields())})
    yield handle, [build(**exchange.issue([*KeyType][turn % 3]).fields()) for turn in range(6)]
    assert exchange.rejected() == []


@pytest.mark.unmeasured
def test_tasks_follow_rotations(exchange) -> None:
    """All key types in turn, while twenty tasks wait for three connections."""

    async def main() -> None:
        async with adapter.async_client(
            handle, limits=httpx.Limits(max_connections=3), timeout=60
        ) as client:
            trading = [asyncio.create_task(trade(client)) for _ in range(20)]
            for handle.current in pairs:
                await client.get(exchange.url + ACCOUNT)
            is_over.append(True)
            await asyncio.gather(*trading)

    async def trade(client) -> None:
        while not is_over:
            await client.get(exchange.url + ACCOUNT)

    is_over = []
    with rotating(exchange) as (handle, pairs):
        asyncio.run(main())
