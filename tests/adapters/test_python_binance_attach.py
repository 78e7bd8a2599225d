"""Clients of the user's own: attached, copied, changed, and given back."""

from __future__ import annotations

import asyncio
import copy
import threading

import aiohttp
import binance
import pytest
import requests
from requests.adapters import HTTPAdapter
from support import build, caught, new_key, token
from waiting import PATIENCE

from binance_creds import Environment, KeyType
from binance_creds._plan import Plan, Terms
from binance_creds.adapters import python_binance
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak

KEY = "X-MBX-APIKEY"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1}


class Subclass(binance.Client):
    """A client that somebody built on."""

    def account(self):
        return self.get_account()


def moved(client, exchange):
    """Let a client of the user's own send to the local exchange."""
    client.API_URL = f"{exchange.url}/api"
    client.FUTURES_URL = f"{exchange.url}/fapi"
    client.MARGIN_API_URL = f"{exchange.url}/sapi"
    client.ws_api._url = f"{exchange.ws_url}/ws-api/v3"
    return client


@pytest.fixture
def old():
    return new_key()


@pytest.fixture
def own(exchange, old):
    """The client of a user, with a key that the exchange does not know."""
    client = moved(Subclass(old.api_key, old.api_secret, ping=False), exchange)
    yield client
    client.close_connection()


@pytest.fixture
def creds(exchange):
    return build(**exchange.issue(KeyType.ED25519).fields())


def clean(exchange) -> None:
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


def state(client) -> dict[str, object]:
    """Return all that a client, its session and its socket are made of."""
    parts = [client, client.session, client.ws_api, client.ws_future]
    seen = {
        f"{n}.{name}": value for n, one in enumerate(parts) for name, value in vars(one).items()
    }
    return {
        **seen,
        "headers": dict(client.session.headers),
        "classes": [type(one) for one in parts],
    }


# attach and detach


def test_a_subclass_of_the_user_trades_with_the_credentials(own, creds, exchange) -> None:
    python_binance.attach(own, creds)
    assert isinstance(own, Subclass)
    assert own.account()["canTrade"] is True
    clean(exchange)


def test_detach_restores_all_that_was_there(own, old, creds, exchange) -> None:
    """A second call changes nothing."""
    before = state(own)
    detach = python_binance.attach(own, creds)
    assert_no_leak(old.api_secret, vars(own))
    assert state(own) != before
    for _ in range(2):
        detach()
        assert state(own) == before
    assert (own.API_KEY, own.API_SECRET) == (old.api_key, old.api_secret)
    assert caught(own.get_account).code == -2008
    own.API_KEY = "mine again"
    assert vars(own)["API_KEY"] == "mine again"


def test_detach_restores_a_private_key(exchange, creds) -> None:
    """And the attached client signs with another kind of key."""
    key = exchange.issue(KeyType.RSA)
    client = binance.Client(key.api_key, private_key=key.private_key_pem, ping=False)
    moved(client, exchange)
    detach = python_binance.attach(client, creds)
    assert client.PRIVATE_KEY is None
    client.create_test_order(**ORDER)
    detach()
    client.create_test_order(**ORDER)
    clean(exchange)
    assert exchange.accepted(key.api_key) == 1


def test_the_asynchronous_client_of_a_user_trades_with_the_credentials(
    exchange, creds, old
) -> None:
    """And is as it was before, once it is detached."""

    async def main() -> None:
        client = moved(binance.AsyncClient(old.api_key, old.api_secret), exchange)
        before = state(client)
        try:
            detach = python_binance.attach(client, creds)
            await asyncio.gather(*(client.get_account() for _ in range(20)))
            assert await client.create_test_order(**ORDER) == {}
            detach()
            client.response = None
            assert state(client) == before
        finally:
            await client.close_connection()

    asyncio.run(main())
    clean(exchange)


def test_attaching_proves_itself_without_a_connection(creds, old) -> None:
    """Nobody listens there."""
    client = binance.Client(old.api_key, old.api_secret, ping=False)
    client.API_URL = "http://127.0.0.1:1/api"
    assert callable(python_binance.attach(client, creds))


class ElsewhereClient(binance.Client):
    """A client that sends in a way of its own."""

    def _request(self, *args, **kwargs):
        return {}


def test_a_client_that_sends_otherwise_is_refused_and_left_alone(creds, old) -> None:
    client = ElsewhereClient(old.api_key, old.api_secret, ping=False)
    before = state(client)
    error = caught(python_binance.attach, client, creds)
    assert isinstance(error, ConfigurationError)
    assert state(client) == before


@pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")
def test_a_session_that_sends_otherwise_is_refused_and_left_alone(creds, old) -> None:
    class ElsewhereSession(aiohttp.ClientSession):
        async def _request(self, *args, **kwargs):
            return {}

    async def main() -> None:
        client = binance.AsyncClient(old.api_key, old.api_secret)
        await client.session.close()
        client.session = ElsewhereSession()
        before = state(client)
        error = caught(python_binance.attach, client, creds)
        assert isinstance(error, ConfigurationError)
        assert state(client) == before
        await client.close_connection()

    asyncio.run(main())


@pytest.mark.parametrize("name", ["_sign_ws_params", "_get_request_kwargs"])
def test_a_client_without_a_method_that_is_needed_is_refused(creds, own, monkeypatch, name) -> None:
    monkeypatch.delattr(binance.Client.__mro__[1], name)
    error = caught(python_binance.attach, own, creds)
    assert f"has no {name}" in str(error)
    assert "1.0.35 to 1.0.37" in error.hint


def test_what_is_no_client_is_refused(creds) -> None:
    with requests.Session() as session:
        assert "no client of python-binance" in str(caught(python_binance.attach, session, creds))


def test_a_client_is_attached_once(own, creds) -> None:
    python_binance.attach(own, creds)
    assert "already" in str(caught(python_binance.attach, own, creds))


def test_a_client_for_another_environment_is_refused_and_left_alone(old) -> None:
    client = binance.Client(old.api_key, old.api_secret, testnet=True, ping=False)
    before = state(client)
    error = caught(python_binance.attach, client, build(**new_key().fields()))
    assert "testnet.binance.vision" in str(error)
    assert state(client) == before


# what users do with clients


def test_a_copy_signs(own, creds, exchange) -> None:
    python_binance.attach(own, creds)
    assert copy.copy(own).get_account()["canTrade"] is True
    clean(exchange)


def test_another_session_signs(own, creds, exchange) -> None:
    """Also after it is mounted anew; detached, it is as it was."""
    detach = python_binance.attach(own, creds)
    with requests.Session() as session:
        before = dict(vars(session)), dict(session.headers)
        own.session = session
        session.mount("http://", adapter := HTTPAdapter())
        own.get_account()
        own.session = session  # a second time is fine
        own.create_test_order(**ORDER)
        detach()
        before[0]["adapters"]["http://"] = adapter
        assert (dict(vars(session)), dict(session.headers)) == before
    clean(exchange)


def test_another_session_of_aiohttp_signs(exchange, creds) -> None:
    async def main() -> None:
        client = await python_binance.async_client(creds, base_url=exchange.url)
        await client.session.close()
        client.session = aiohttp.ClientSession()
        assert (await client.get_account())["canTrade"] is True
        await client.close_connection()

    asyncio.run(main())
    clean(exchange)


def test_the_session_of_somebody_else_is_refused(own, creds) -> None:
    """It signs already."""
    python_binance.attach(own, creds)
    other = python_binance.client(creds, ping=False)
    assert isinstance(caught(setattr, own, "session", other.session), ConfigurationError)
    own.session = None  # as one that is closed may be
    own.session = requests.Session()


def test_an_auth_of_the_user_does_not_replace_the_signature(exchange, creds) -> None:
    """It is for a proxy, for instance."""
    params = {"auth": ("name", "password")}
    client = python_binance.client(creds, base_url=exchange.url, requests_params=params)
    assert client.get_account()["canTrade"] is True
    clean(exchange)


@pytest.mark.parametrize("name", ["API_KEY", "API_SECRET", "PRIVATE_KEY"])
def test_a_key_that_is_assigned_is_refused_and_not_kept(own, creds, name) -> None:
    """Neither ignored, nor left in clear."""
    python_binance.attach(own, creds)
    canary = token()
    error = caught(setattr, own, name, canary)
    assert isinstance(error, ConfigurationError)
    assert name in str(error)
    assert_no_leak(canary, vars(own), error)
    setattr(own, name, getattr(own, name))  # what it has, it may be told
    setattr(own, name, None)


def test_a_key_in_the_headers_of_a_request_is_refused(own, creds, exchange) -> None:
    python_binance.attach(own, creds)
    error = caught(own.get_account, headers={KEY: token()})
    assert isinstance(error, ConfigurationError)
    assert exchange.requests == []


def test_threads_share_a_client_while_its_key_changes(exchange) -> None:
    """Header and signature are of one snapshot."""
    keys = [exchange.issue(key_type) for key_type in (KeyType.HMAC, KeyType.ED25519, KeyType.RSA)]
    pairs = [build(**key.fields()) for key in keys]

    class Handle:
        current = pairs[0]

    client = python_binance.client(Handle, base_url=exchange.url)
    is_over = threading.Event()

    def rotate() -> None:
        while not is_over.is_set():
            for Handle.current in pairs:
                pass

    rotating = threading.Thread(target=rotate)
    trading = [
        threading.Thread(target=lambda: [copy.copy(client).get_account() for _ in range(20)])
        for _ in range(4)
    ]
    for thread in (rotating, *trading):
        thread.start()
    for thread in trading:
        thread.join()
    is_over.set()
    rotating.join()
    clean(exchange)
    assert sum(exchange.accepted(key.api_key) for key in keys) == 80


# hosts


@pytest.fixture
def testnet():
    return build(Plan((), Terms(environment=Environment.TESTNET)), **new_key().fields())


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_account_api_permissions(),
        lambda client: client.get_margin_asset(asset="BNB"),
        lambda client: client.papi_get_balance(),
    ],
    ids=["sapi", "sapi, key alone", "papi"],
)
@pytest.mark.parametrize("is_async", [False, True])
def test_a_testnet_client_sends_nothing_to_the_live_host(testnet, call, is_async) -> None:
    """python-binance has no addresses of a testnet for these; nothing connects."""

    async def of_async():
        client = binance.AsyncClient(testnet=True)
        python_binance.attach(client, testnet)
        try:
            return await call(client)
        except ConfigurationError as refused:
            return refused
        finally:
            await client.close_connection()

    if is_async:
        error = asyncio.run(of_async())
    else:
        error = caught(call, python_binance.client(testnet, ping=False))
    assert isinstance(error, ConfigurationError)
    assert "'testnet'" in str(error)
    assert "'live'" in str(error)


def test_the_website_gets_no_key(recorder, creds) -> None:
    """It asks for none."""
    client = python_binance.client(creds, base_url=recorder.url, ping=False)
    client.get_products()
    assert KEY not in recorder.seen[0].headers


def test_the_website_gets_no_key_of_the_asynchronous_client(recorder, creds) -> None:
    async def main() -> None:
        client = binance.AsyncClient()
        python_binance.attach(client, creds)
        client.WEBSITE_URL = recorder.url
        await client.get_products()
        await client.close_connection()

    asyncio.run(main())
    assert KEY not in recorder.seen[0].headers


def test_public_endpoints_get_no_key(recorder, creds) -> None:
    client = python_binance.client(creds, base_url=recorder.url)
    client.get_exchange_info()
    assert [KEY in seen.headers for seen in recorder.seen] == [False, False]


def test_a_host_of_ones_own_is_named(creds, old) -> None:
    client = binance.Client(old.api_key, old.api_secret, ping=False)
    client.API_URL = "https://proxy.example/api"
    assert "proxy.example" in str(caught(python_binance.attach, client, creds))
    python_binance.attach(client, creds, hosts=["proxy.example"])
    base = "https://proxy.example"
    assert python_binance.client(creds, base_url=base, hosts=["proxy.example"], ping=False)


def test_binance_us_is_an_environment_of_its_own() -> None:
    creds = build(Plan((), Terms(environment=Environment.US)), **new_key().fields())
    client = python_binance.client(creds, ping=False)
    assert client.API_URL == "https://api.binance.us/api"
    error = caught(python_binance.client, creds, ping=False, tld="com")
    assert "tld='com' contradicts" in str(error)


# time


def test_the_offset_of_the_client_counts(exchange, creds) -> None:
    """And a clock that is given counts instead."""
    exchange.clock_offset_ms = 100_000
    client = python_binance.client(creds, base_url=exchange.url)
    assert caught(client.get_account).code == -1021
    client.timestamp_offset = 100_000
    client.get_account()
    given = python_binance.client(
        creds, base_url=exchange.url, clock=lambda: exchange.now_ms() / 1000
    )
    given.get_account()
    client.timestamp_offset = 400_000
    assert "400 s " in str(caught(client.get_account))


@pytest.mark.parametrize("time_unit", [None, "MICROSECOND"])
def test_the_asynchronous_client_measures_the_offset(exchange, creds, time_unit) -> None:
    """Also where the exchange's time comes in microseconds."""
    exchange.clock_offset_ms = 100_000

    async def main() -> int:
        client = await python_binance.async_client(
            creds, base_url=exchange.url, time_unit=time_unit
        )
        await client.get_account()
        await client.close_connection()
        return client.timestamp_offset

    assert 99_000 < asyncio.run(main()) < 101_000
    clean(exchange)


def test_a_client_that_cannot_be_built_is_closed(creds) -> None:
    """Its session would be told of as unclosed, which is an error here."""

    async def main() -> None:
        with pytest.raises(aiohttp.ClientConnectionError):
            await python_binance.async_client(creds, base_url="http://127.0.0.1:1")

    asyncio.run(main())


# retries


class Reporting:
    """A handle that decides as the test says."""

    def __init__(self, *pairs) -> None:
        self.pairs = list(pairs)
        self.accepted = []

    @property
    def current(self):
        return self.pairs[0]

    def report_rejection(self, error, *, used):
        class decision:
            class action:
                value = "retry"

        assert used is self.pairs.pop(0)
        return decision

    async def areport_rejection(self, error, *, used):
        return self.report_rejection(error, used=used)

    def report_acceptance(self, used) -> None:
        self.accepted.append(used)


@pytest.fixture
def handle(exchange, creds):
    """One whose first key is revoked already."""
    gone = exchange.issue()
    exchange.keys.revoke(gone.api_key)
    return Reporting(build(**gone.fields()), creds)


def test_a_rejected_request_is_sent_once_more_if_asked_for(exchange, handle, creds) -> None:
    client = python_binance.client(handle, base_url=exchange.url, retry_rejected=True)
    client.create_order(**ORDER)
    assert [r.code for r in exchange.rejected()] == [-2015]
    assert handle.current is creds
    assert exchange.doubled() == []


def test_a_rejected_request_is_reported_alone_by_default(exchange, handle, creds) -> None:
    client = python_binance.client(handle, base_url=exchange.url)
    assert caught(client.get_account).code == -2015
    assert handle.current is creds


def test_a_rejected_request_of_the_asynchronous_client_is_sent_once_more(exchange, handle) -> None:
    """Over REST; over the WebSocket API see the streams."""

    async def main() -> None:
        client = await python_binance.async_client(
            handle, base_url=exchange.url, retry_rejected=True
        )
        await client.create_order(**ORDER)
        await client.close_connection()

    asyncio.run(main())
    assert [r.code for r in exchange.rejected()] == [-2015]
    assert exchange.doubled() == []


def test_an_aiohttp_without_middlewares_cannot_repeat(creds) -> None:
    """It is older than 3.12; without `retry_rejected` it signs all the same."""

    async def main() -> None:
        client = binance.AsyncClient()
        del client.session._middlewares
        error = caught(python_binance.attach, client, creds, retry_rejected=True)
        assert "aiohttp>=3.12" in error.hint
        python_binance.attach(client, creds)
        await client.close_connection()

    asyncio.run(main())


def test_a_deep_copy_of_a_session_signs(own, creds, exchange) -> None:
    python_binance.attach(own, creds)
    with copy.deepcopy(own.session) as session:
        answer = session.get(
            f"{exchange.url}/api/v3/account?timestamp=1&signature=0", timeout=PATIENCE
        )
    assert answer.status_code == 200
