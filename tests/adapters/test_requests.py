"""Sessions of requests that sign where a request gets its connection."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from gated import GatedExchange
from listener import Listener
from requests.adapters import BaseAdapter, HTTPAdapter
from support import build, caught, new_key, token
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.adapters.requests import BinanceAuth, attach, client
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import Security
from binance_creds.testing import assert_no_leak

ACCOUNT, ORDER, PING = "/api/v3/account", "/api/v3/order/test", "/api/v3/ping"
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
KEY_HEADER = "X-MBX-APIKEY"


@pytest.fixture
def key(exchange):
    return exchange.issue()


@pytest.fixture
def session(key):
    with client(build(**key.fields())) as session:
        yield session


def test_the_requests_of_a_pool_of_connections_outlive_a_rotation() -> None:
    """60 threads over 10 connections; the old key is gone when the first ten are answered."""
    with (
        GatedExchange(10) as exchange,
        client(exchange, pool_maxsize=10, pool_block=True) as session,
    ):
        with ThreadPoolExecutor(60) as threads:
            answers = list(threads.map(session.get, [exchange.url + ACCOUNT] * 60))
    assert {200} == {answer.status_code for answer in answers}
    assert exchange.shares() == [10, 50]


@pytest.mark.parametrize("key_type", list(KeyType))
@pytest.mark.parametrize("path", [f"{ACCOUNT}?x=%e4", f"{ACCOUNT}?x=[1]", f"{ACCOUNT}?x=a|b{{c}}"])
def test_a_query_that_urllib3_encodes_anew_is_signed_as_it_is_sent(
    exchange, key_type, path
) -> None:
    with client(build(**exchange.issue(key_type).fields())) as session:
        assert session.get(exchange.url + path).status_code == 200
        session.auth = None
    auth = BinanceAuth(build(**exchange.issue(key_type).fields()))
    assert requests.get(exchange.url + path, auth=auth, timeout=PATIENCE).status_code == 200


def test_public_endpoints_get_nothing_and_key_only_ones_the_key(session, key, recorder) -> None:
    """The exchange refuses parameters that do not belong (-1101)."""
    for path in (PING, "/api/v3/userDataStream", ACCOUNT):
        session.post(recorder.url + path)
        requests.post(
            recorder.url + path, auth=BinanceAuth(build(**key.fields())), timeout=PATIENCE
        )
    seen = [
        (r.path.partition("?")[2].count("signature="), r.headers[KEY_HEADER]) for r in recorder.seen
    ]
    assert seen == [(0, None)] * 2 + [(0, key.api_key)] * 2 + [(1, key.api_key)] * 2


def test_no_login_of_a_netrc_is_sent(session, recorder, tmp_path, monkeypatch) -> None:
    """requests adds one that is of no host in particular to all it sends."""
    path = tmp_path / "netrc"
    path.write_text("default login me password mine")
    monkeypatch.setenv("NETRC", str(path))
    requests.get(recorder.url + PING, timeout=PATIENCE)
    session.get(recorder.url + PING)
    assert [r.headers["Authorization"] is None for r in recorder.seen] == [False, True]


def test_the_table_of_endpoints_can_be_overruled(key, recorder) -> None:
    creds = build(**key.fields())
    with client(creds, security=Security.SIGNED) as session:
        session.get(recorder.url + PING)
        requests.get(
            recorder.url + ACCOUNT,
            auth=BinanceAuth(creds, security=Security.PUBLIC),
            timeout=PATIENCE,
        )
    assert ["signature=" in r.path for r in recorder.seen] == [True, False]


@pytest.mark.parametrize(
    "body",
    [{"data": "a=x b"}, {"data": b"a=1"}, {"json": {"a": 1}}, {"files": {"a": ("n", b"1")}},
     {"data": iter([b"a=1"])}],
)  # fmt: skip
@pytest.mark.parametrize("is_attached", [True, False])
def test_a_body_that_is_no_form_is_refused(session, key, exchange, body, is_attached) -> None:
    """Of all of them the exchange would say -1022 or -1102."""
    options = {} if is_attached else {"auth": BinanceAuth(build(**key.fields()))}
    with requests.Session() as other:
        send = session.post if is_attached else other.post
        error = caught(send, exchange.url + ORDER, **body, **options)
    assert isinstance(error, ConfigurationError)
    assert exchange.requests == []


def test_a_prepared_request_can_be_sent_again(session, key, exchange) -> None:
    """Attached it is signed anew each time; with an auth it is what it was."""
    plain = session.prepare_request(requests.Request("POST", exchange.url + ORDER, data=MARKET))
    with requests.Session() as other:
        other.auth = BinanceAuth(build(**key.fields()))
        signed = other.prepare_request(requests.Request("POST", exchange.url + ORDER, data=MARKET))
        answers = [session.send(plain), session.send(plain), other.send(signed), other.send(signed)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert not any(KEY_HEADER in answer.request.headers for answer in answers)


def test_nothing_that_the_caller_has_shows_key_or_signature(session, key, recorder, caplog) -> None:
    """urllib3 logs what it was asked for, not what was sent."""
    caplog.set_level(logging.DEBUG)
    answer = session.post(recorder.url + ORDER, data=MARKET)
    prepared = session.prepare_request(requests.Request("GET", recorder.url + ACCOUNT))
    session.send(prepared)
    shown = [
        caplog.text,
        answer.url,
        answer.raw._request_url,
        vars(answer.request),
        vars(prepared),
        vars(session),
    ]
    signed = [request.path.rpartition("&signature=")[2] for request in recorder.seen]
    for canary in (key.api_key, *signed):
        assert_no_leak(canary, *map(repr, shown))


def test_an_error_has_neither_key_nor_signature(session, key) -> None:
    """Nor has any frame that it went through, of whatever library."""
    hangs_up = Listener()
    url = f"http://127.0.0.1:{hangs_up.port}{ACCOUNT}"
    with session:
        for sent in ({}, {"data": {"a": "x" * 10_000_000}}):
            error = caught(session.post, url, **sent)
            assert isinstance(error, requests.ConnectionError)
            assert key.api_key not in str(list(frames_of(error)))
    hangs_up.close()
    assert key.api_key.encode() in b"".join(hangs_up.heard)


def frames_of(error):
    """Give the locals of every frame of an error and of those before it."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if "session" not in trace.tb_frame.f_locals:  # those of the test
                yield trace.tb_frame.f_locals
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def test_a_redirect_is_followed_without_the_key(session, key, recorder) -> None:
    """Also to an address where it could have gone."""
    recorder.redirects[ACCOUNT] = f"http://localhost:{recorder.port}{ORDER}"
    assert len(session.get(recorder.url + ACCOUNT).history) == 1
    kept = session.get(recorder.url + ACCOUNT, allow_redirects=False)
    session.send(kept.next)
    headers = [r.headers[KEY_HEADER] for r in recorder.seen]
    assert headers == [key.api_key, None, key.api_key, None]


def test_a_proxy_is_not_asked_for_this_machine(session, exchange, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    assert session.get(exchange.url + ACCOUNT).status_code == 200
    assert session.get(
        exchange.url + ACCOUNT, proxies={"http": f"http://127.0.0.1:{proxy.port}"}
    ).ok
    proxy.close()
    assert proxy.heard == []


def test_a_proxy_on_the_way_to_binance_gets_no_key(key, monkeypatch) -> None:
    """Its CONNECT is not signed."""
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    with client(build(**key.fields())) as session:
        caught(session.get, "https://api.binance.com/api/v3/account")
    proxy.close()
    assert proxy.heard[0].startswith(b"CONNECT api.binance.com:443")
    assert KEY_HEADER.encode() not in proxy.heard[0]


def test_copies_of_a_session_sign(session, key, exchange) -> None:
    """And are no file."""
    for copied in (copy.copy(session), copy.deepcopy(session)):
        with copied:
            assert copied.get(exchange.url + ACCOUNT).status_code == 200
    assert isinstance(caught(pickle.dumps, session), pickle.PicklingError)
    error = caught(pickle.dumps, vars(session))
    assert "cannot be pickled" in str(error)
    assert_no_leak(key.api_key, error)


def test_a_session_of_ones_own_is_attached_and_detached(key, exchange) -> None:
    """What it was built on stays: hooks, adapters that come later, its class."""

    class Mine(requests.Session):
        seen = 0

        def send(self, request, **options):
            self.seen += 1
            return super().send(request, **options)

    with Mine() as session:
        before = dict(vars(session))
        detach = attach(session, build(**key.fields()))
        session.mount("http://", HTTPAdapter(max_retries=2))
        before |= {"seen": session.seen}
        assert session.get(exchange.url + ACCOUNT).status_code == 200
        assert isinstance(session, Mine)
        detach()
        detach()
        assert type(session) is Mine
        assert session.get(exchange.url + ACCOUNT).status_code == 401
        assert vars(session).keys() == before.keys()
        assert session.seen == before["seen"] + 2


def test_a_session_beside_it_with_the_same_adapter_does_not_sign(key, exchange, recorder) -> None:
    adapter = HTTPAdapter()
    with requests.Session() as mine, requests.Session() as other:
        for session in (mine, other):
            session.mount("http://", adapter)
        attach(mine, build(**key.fields()))
        mine.get(recorder.url + ACCOUNT)
        other.get(recorder.url + ACCOUNT)
    assert [KEY_HEADER in r.headers for r in recorder.seen] == [True, False]


class Elsewhere(BaseAdapter):
    """Sends in a way of its own."""

    def send(self, *_, **__):
        raise AssertionError("it was sent")

    def close(self) -> None:
        pass


class Swallowing(requests.Session):
    def get(self, *_, **__):
        raise OSError("no way")


def with_adapter() -> requests.Session:
    session = requests.Session()
    session.mount("https://", Elsewhere())
    return session


@pytest.mark.parametrize(
    ("make", "says"),
    [(object, "no session of requests"), (with_adapter, "none of urllib3"), (Swallowing, "does not come")],
)  # fmt: skip
def test_an_unknown_shape_is_refused_and_stays_as_it_was(key, make, says) -> None:
    session = make()
    kind, before = type(session), dict(getattr(session, "__dict__", {}))
    error = caught(attach, session, build(**key.fields()))
    assert isinstance(error, ConfigurationError)
    assert says in str(error)
    assert (type(session), getattr(session, "__dict__", {})) == (kind, before)


def test_a_session_is_attached_once(session, key) -> None:
    assert "signs already" in str(caught(attach, session, build(**key.fields())))


def test_credentials_of_another_environment_are_refused(session) -> None:
    error = caught(session.get, "https://testnet.binance.vision/api/v3/account")
    assert isinstance(error, ConfigurationError)
    assert "'live'" in str(error)


class Handle:
    """A live handle as far as an adapter knows: it goes back to the old pair when told to."""

    def __init__(self, new, old) -> None:
        self.current, self._old, self.reported, self.accepted = new, old, [], []
        self.report_acceptance = self.accepted.append

    def report_rejection(self, error, *, used):
        self.reported.append(used)
        self.current = self._old
        return type("Decision", (), {"action": type("Action", (), {"value": "retry"})})


@pytest.mark.parametrize("retries", [True, False])
def test_a_rejected_key_is_reported_and_tried_again_once(exchange, key, retries) -> None:
    """Where that was asked for; what was accepted is reported, too."""
    bad = build(api_key=token(), api_secret=token())
    handle = Handle(bad, build(**key.fields()))
    with client(handle, retry_rejected=retries) as session:
        codes = [session.get(exchange.url + ACCOUNT).status_code for _ in range(2)]
    assert codes == ([200, 200] if retries else [401, 200])
    assert (handle.reported, set(handle.accepted)) == ([bad], {handle.current})


def test_an_order_whose_answer_is_lost_is_not_sent_again(key) -> None:
    """It may have been placed."""
    hangs_up = Listener()
    with client(build(**key.fields()), retry_rejected=True) as session:
        url = f"http://127.0.0.1:{hangs_up.port}/api/v3/order"
        assert isinstance(caught(session.post, url, data=MARKET), requests.ConnectionError)
    hangs_up.close()
    assert len(hangs_up.heard) == 1


def test_an_auth_reports_what_was_accepted(exchange, key) -> None:
    """A signature that is refused later is then the fault of its request."""
    handle = Handle(build(**key.fields()), None)
    auth = BinanceAuth(handle)
    for path in (ACCOUNT, PING, "/api/v3/no-such"):
        requests.get(exchange.url + path, auth=auth, timeout=PATIENCE)
    assert handle.accepted == [handle.current]


@pytest.mark.unmeasured
def test_threads_follow_rotations(exchange) -> None:
    """All key types in turn, while eight of them wait for three connections."""
    handle = type("Live", (), {"current": build(**exchange.issue().fields())})
    is_over = threading.Event()

    def trade() -> None:
        while not is_over.is_set():
            session.get(exchange.url + ACCOUNT)

    with (
        client(handle, pool_maxsize=3, pool_block=True) as session,
        ThreadPoolExecutor(8) as threads,
    ):
        for _ in range(8):
            threads.submit(trade)
        for turn in range(6):
            key = exchange.issue([*KeyType][turn % 3])
            handle.current = build(**key.fields())
            session.get(exchange.url + ACCOUNT)
        is_over.set()
    assert exchange.rejected() == []


def test_options_are_of_the_adapters() -> None:
    with client(build(**new_key().fields()), pool_maxsize=3) as session:
        assert {a._pool_maxsize for a in session.adapters.values()} == {3}
