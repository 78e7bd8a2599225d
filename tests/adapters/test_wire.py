"""What every adapter is built on: a request is signed where it leaves."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from support import build, caught, new_key

from binance_creds import Environment, KeyType
from binance_creds._enums import environment_of_host
from binance_creds._plan import Plan, Terms
from binance_creds._time._deadline import Deadline
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import FORM, PLACEHOLDER_KEY, Outgoing
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.adapters._wire._streams._merger import EventMerger
from binance_creds.errors import ConfigurationError, ProviderUnavailableError
from binance_creds.exchange._clock import offset_clock
from binance_creds.exchange._endpoints import Security, security_of
from binance_creds.live import Action, Decision

API = "https://api.binance.com"
ACCOUNT = f"{API}/api/v3/account"
SOCKET = "wss://ws-api.binance.com/ws-api/v3"
NOW = 1_700_000_000.0
STAMP = "timestamp=1700000000000"


@pytest.fixture
def creds():
    return build(**new_key().fields())


@pytest.fixture
def signer(creds):
    return WireSigner(creds, clock=lambda: NOW)


def both(signer, name, *arguments, **options):
    """Return what a method and its awaitable twin give, which is the same."""
    one = getattr(signer, name)(*arguments, **options)
    assert one == asyncio.run(getattr(signer, f"a{name}")(*arguments, **options))
    return one


def placeholder(url, body=b"", key=PLACEHOLDER_KEY):
    return Outgoing("POST", url, body, FORM if body else "", key)


def test_a_query_is_stamped_and_signed_as_it_is_sent(signer, creds) -> None:
    signed = both(signer, "sign", Outgoing("GET", f"{ACCOUNT}?a=1#part"))
    payload = f"a=1&{STAMP}&recvWindow=5000"
    assert signed.url == f"{ACCOUNT}?{payload}&signature={creds.sign(payload.encode())}"
    assert signed.api_key is creds.api_key
    assert signed.used is creds


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("x=%e4", "x=%E4"),
        ("x=[1]", "x=%5B1%5D"),
        ("x=5%", "x=5%25"),
        ("x=é y", "x=%C3%A9%20y"),
        ("x=a,b:/@", "x=a,b:/@"),
    ],
)
def test_what_libraries_encode_on_the_way_is_encoded_before(signer, typed, sent) -> None:
    assert f"?{sent}&" in signer.sign(Outgoing("GET", f"{ACCOUNT}?{typed}")).url


def test_a_form_is_signed_behind_the_query(signer, creds) -> None:
    signed = signer.sign(Outgoing("POST", ACCOUNT, b"a=1&recvWindow=9&timestamp=8", FORM))
    assert signed.url == f"{ACCOUNT}?signature={creds.sign(b'a=1&recvWindow=9&timestamp=8')}"
    assert signed.body == b"a=1&recvWindow=9&timestamp=8"


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data; boundary=x"])
def test_a_body_that_is_no_form_is_refused(signer, kind) -> None:
    error = caught(signer.sign, Outgoing("POST", ACCOUNT, b"{}", kind))
    assert "in the query or as a form" in str(error)


def test_a_request_is_not_signed_twice(signer) -> None:
    error = caught(signer.sign, Outgoing("GET", f"{ACCOUNT}?signature=ab"))
    assert "has a signature already" in str(error)


def test_an_endpoint_gets_what_it_needs(signer, creds) -> None:
    public = signer.sign(Outgoing("GET", f"{API}/api/v3/depth?symbol=A"))
    assert (public.url, public.api_key) == (f"{API}/api/v3/depth?symbol=A", None)
    keyed = both(signer, "sign", Outgoing("POST", f"{API}/api/v3/userDataStream"))
    assert (keyed.url, keyed.api_key) == (f"{API}/api/v3/userDataStream", creds.api_key)
    forced = signer.sign(Outgoing("GET", f"{API}/api/v3/depth"), security=Security.SIGNED)
    assert "signature=" in forced.url


@pytest.mark.parametrize(
    ("path", "security"),
    [
        ("/api/v3/ticker/24hr", Security.PUBLIC),
        ("/proxy/api/v3/time", Security.PUBLIC),
        ("/fapi/v2/ticker/price", Security.PUBLIC),
        ("/futures/data/openInterestHist", Security.PUBLIC),
        ("/dapi/v1/listenKey", Security.KEY),
        ("/fapi/v1/historicalTrades", Security.KEY),
        ("/sapi/v1/margin/allPairs", Security.KEY),
        ("/sapi/v1/margin/order", Security.SIGNED),
        ("/api/v3/order", Security.SIGNED),
        ("/something/new", Security.SIGNED),
    ],
)
def test_the_table_of_endpoints(path, security) -> None:
    assert security_of(path) is security


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_placeholder_signature_is_replaced_where_it_stands(signer, creds, place) -> None:
    text = f"a=1&timestamp=5&recvWindow=9&signature={'0' * 64}"
    payload = f"a=1&{STAMP}&recvWindow=9"
    ended = f"{payload}&signature={creds.sign(payload.encode())}"
    if place == "query":
        signed = both(signer, "resign", placeholder(f"{ACCOUNT}?{text}"))
        assert (signed.url, signed.body) == (f"{ACCOUNT}?{ended}", b"")
    else:
        signed = both(signer, "resign", placeholder(ACCOUNT, text.encode()))
        assert (signed.url, signed.body) == (ACCOUNT, ended.encode())
    assert signed.api_key is creds.api_key


def test_a_timestamp_keeps_its_unit(signer) -> None:
    signed = signer.resign(placeholder(f"{ACCOUNT}?timestamp=1600000000000000&signature=0"))
    assert f"?{STAMP}000&signature=" in signed.url


def test_a_client_that_signs_nothing_gets_key_or_nothing(signer, creds) -> None:
    url = f"{API}/api/v3/userDataStream"
    assert both(signer, "resign", placeholder(url)).api_key is creds.api_key
    assert signer.resign(placeholder(f"{API}/api/v3/time")).api_key is None
    assert both(signer, "resign", placeholder(url, key=None)).used is None


@pytest.mark.parametrize(
    "request_",
    [
        placeholder(f"{ACCOUNT}?timestamp=1&signature=0", key="k" * 64),
        placeholder(f"{ACCOUNT}?timestamp=1&signature=0", key=None),
        placeholder(f"{ACCOUNT}?timestamp=1&signature=0", b"signature=1"),
        placeholder(f"{ACCOUNT}?signature=0"),
    ],
)
def test_an_unknown_shape_is_refused(signer, request_) -> None:
    assert isinstance(caught(signer.resign, request_), ConfigurationError)


@pytest.mark.parametrize(
    ("host", "environment"),
    [
        ("api-gcp.binance.com", Environment.LIVE),
        ("demo-fapi.binance.com", Environment.DEMO),
        ("stream.testnet.binance.vision", Environment.TESTNET),
        ("stream.binancefuture.com", Environment.TESTNET),
        ("data-api.binance.vision", Environment.LIVE),
        ("api.binance.us", Environment.US),
        ("evilbinance.com", None),
    ],
)
def test_the_table_of_hosts(host, environment) -> None:
    assert environment_of_host(host) is environment


@pytest.mark.parametrize(
    ("mine", "host"),
    [("testnet", "api.binance.com"), ("live", "testnet.binance.vision"), ("live", "api.binance.us"),
     ("us", "api.binance.com"), ("demo", "api.binance.com")],
)  # fmt: skip
def test_credentials_sign_for_their_own_environment_alone(mine, host) -> None:
    signer = WireSigner(build(Plan((), Terms(environment=Environment(mine))), **new_key().fields()))
    url = f"https://{host}/api/v3/account"
    for use in (lambda: signer.sign(Outgoing("GET", url)), lambda: signer.check(url)):
        assert f"belong to the environment {mine!r}" in str(caught(use))
    named = WireSigner(signer.credentials, hosts=[host])
    assert named.sign(Outgoing("GET", url)).used is signer.credentials


@pytest.mark.parametrize("hosts", ["proxy.lan", ["https://proxy.lan"], ["proxy.lan:80"]])
def test_hosts_are_names(creds, hosts) -> None:
    assert isinstance(caught(WireSigner, creds, hosts=hosts), ConfigurationError)


def test_an_address_without_a_host_is_told(signer) -> None:
    assert "names no host" in str(caught(signer.sign, Outgoing("GET", "/api/v3/account")))


class Changing:
    def __init__(self, current) -> None:
        self.current = current


def test_a_client_does_not_change_its_environment() -> None:
    handle = Changing(build(**new_key().fields()))
    signer = WireSigner(handle)
    handle.current = build(Plan((), Terms(environment=Environment.TESTNET)), **new_key().fields())
    assert "now belong to 'testnet'" in str(caught(signer.sign, Outgoing("GET", ACCOUNT)))


def test_a_message_is_signed_raw_and_sorted(signer, creds) -> None:
    message = {"id": 1, "method": "order.place", "params": {
        "symbol": "１A", "apiKey": PLACEHOLDER_KEY, "timestamp": 5, "signature": "0", "quantity": 1.5,
    }}  # fmt: skip
    signed, used = both(signer, "sign_message", message, SOCKET)
    key = creds.api_key.reveal()
    text = f"apiKey={key}&quantity=1.5&recvWindow=5000&symbol=１A&{STAMP}"
    assert signed["params"]["signature"] == creds.sign(text.encode())
    assert (signed["id"], signed["params"]["quantity"], used) == (1, "1.5", creds)


def test_a_message_gets_what_it_asks_for(signer, creds) -> None:
    plain = {"id": 1, "method": "ping"}
    assert both(signer, "sign_message", plain, SOCKET) == (plain, None)
    asked, _ = both(signer, "sign_message", plain, SOCKET, security=Security.KEY)
    assert asked["params"] == {"apiKey": creds.api_key.reveal()}
    foreign = {"id": 1, "method": "x", "params": {"apiKey": "k" * 64}}
    assert "another API key" in str(caught(signer.sign_message, foreign, SOCKET))
    logon = {"id": 1, "method": "session.logon"}
    error = caught(signer.sign_message, logon, SOCKET, security=Security.SIGNED)
    assert "Ed25519 keys only" in str(error)


def test_a_dry_request_is_caught_before_it_leaves(signer) -> None:
    with signer.proving() as proof:
        signer.sign(Outgoing("GET", ACCOUNT))
    assert proof.is_reached
    with signer.proving() as proof:
        signer.sign(Outgoing("GET", f"{API}/nothing"), security=Security.PUBLIC)
    assert proof.is_reached
    assert signer.sign(Outgoing("GET", ACCOUNT)).used is not None


def test_what_is_signed_too_late_is_not_sent(signer) -> None:
    ticks = iter([0.0, 5.0, 9.0])
    deadline = Deadline(1, clock=lambda: next(ticks))
    error = caught(signer.sign, Outgoing("GET", ACCOUNT), deadline=deadline)
    assert isinstance(error, ProviderUnavailableError)


def test_no_repr_shows_what_is_sent(signer) -> None:
    signed = signer.sign(Outgoing("GET", f"{ACCOUNT}?secret=1"))
    assert "?" not in f"{signed!r}{Outgoing('GET', signed.url)!r}"


def test_an_offset_has_a_bound() -> None:
    assert offset_clock(lambda: 2.5, clock=lambda: NOW)() == NOW + 2.5
    assert "Set the clock" in caught(offset_clock(lambda: -3600.0, clock=lambda: NOW)).hint


class Thing:
    there = 1


def test_an_attachment_is_undone_as_a_whole() -> None:
    thing = Thing()
    thing.own = "mine"
    with Attachment() as attachment:
        for name in ("there", "own", "new"):
            attachment.set(thing, name, "other")
    attachment.detach()
    attachment.detach()
    assert vars(thing) == {"own": "mine"}


def test_an_attachment_that_fails_changes_nothing() -> None:
    thing, undone = Thing(), []

    def half_done() -> None:
        with Attachment() as attachment:
            attachment.set(thing, "there", 2)
            attachment.call_on_undo(undone.append, 1)
            raise LookupError

    assert isinstance(caught(half_done), LookupError)
    assert (vars(thing), undone) == ({}, [1])


class Told:
    """A handle that decides as it is told to."""

    def __init__(self, creds, action) -> None:
        self.current = creds
        self.decision = Decision(action, creds, "a reason")
        self.heard = []
        self.accepted = []

    def report_acceptance(self, used) -> None:
        self.accepted.append(used)

    def report_rejection(self, error, *, used):
        self.heard.append((error, used))
        return self.decision

    async def areport_rejection(self, error, *, used):
        return self.report_rejection(error, used=used)


@pytest.mark.parametrize(
    ("action", "retry", "again"),
    [(Action.RETRY, True, True), (Action.RETRY, False, False), (Action.GIVE_UP, True, False)],
)
def test_a_rejection_of_the_key_is_reported(creds, action, retry, again) -> None:
    handle = Told(creds, action)
    rejected = Rejected(WireSigner(handle), retry=retry)
    assert rejected.again(-2015, creds) is again
    assert asyncio.run(rejected.aagain({"code": -1022}, creds)) is again
    assert handle.heard == [(-2015, creds), ({"code": -1022}, creds)]


def test_nothing_else_is_reported(creds, caplog) -> None:
    handle = Told(creds, Action.RETRY)
    rejected = Rejected(WireSigner(handle, clock=lambda: time.time() + 7.5), retry=True)
    assert not rejected.again(-1021, creds)
    assert not rejected.again(-2010, creds)
    assert not rejected.again(ConnectionError(), creds)
    assert not rejected.again(-2015, None)
    assert not asyncio.run(Rejected(WireSigner(creds), retry=True).aagain(-2015, creds))
    assert handle.heard == []
    assert "(-1021) that was +7.50" in caplog.text


def test_a_key_alone_proves_no_secret(creds) -> None:
    """A listen key that was accepted must not keep a pair whose signatures are refused."""
    handle = Told(creds, Action.RETRY)
    signer = WireSigner(handle)
    rejected = Rejected(signer)
    rejected.accepted(signer.sign(Outgoing("POST", f"{API}/fapi/v1/listenKey")).used)
    assert handle.accepted == []
    rejected.accepted(signer.sign(Outgoing("GET", ACCOUNT)).used)
    rejected.accepted(None)
    assert handle.accepted == [creds]


def test_an_event_of_two_subscriptions_is_passed_on_once() -> None:
    now = [0.0]
    merger = EventMerger(clock=lambda: now[0])
    merger.open("old")
    event, other = {"e": "x", "i": 1, "subscriptionId": 0}, {"e": "x", "i": 2}
    assert [merger.accept("old", event) for _ in range(2)] == [True, True]
    merger.open("new")
    assert [merger.accept("old", event) for _ in range(2)] == [True, True]
    assert [merger.accept("new", {**event, "subscriptionId": 9}) for _ in range(3)] == [
        False,
        False,
        True,
    ]
    assert merger.accept("new", other)
    merger.close("old")
    assert not merger.accept("old", other)
    now[0] = 61.0
    assert merger.accept("new", other)


def test_a_rotation_changes_the_key_of_the_next_request() -> None:
    handle = Changing(build(**new_key().fields()))
    signer = WireSigner(handle)
    for kind in KeyType:
        handle.current = build(**new_key(kind).fields())
        signed = signer.sign(Outgoing("GET", ACCOUNT))
        assert signed.used is handle.current
        assert parse_qs(urlsplit(signed.url).query)["signature"]
