"""REST of ccxt, sync and async: whose key signs, where it goes, what ccxt keeps and shows."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

pytest.importorskip("ccxt")

import aiohttp
import ccxt
import ccxt.async_support
import ccxt.pro
import requests
from ccxt.base.types import Entry
from ccxt_bot import KINDS, ORDER, Bot, at, handle_of, way_of
from gated import GatedExchange
from support import build, caught, new_key, rotations

from binance_creds import ConfigurationError, KeyType, load_credentials
from binance_creds.adapters.ccxt import attach, client
from binance_creds.exchange import Security
from binance_creds.exchange._endpoints import security_of
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange, assert_no_leak

PARAMS = {
    "symbol": "BTCUSDT",
    "x": "a b&c=１",
    "batchOrders": [],
    "orderidlist": ["1"],
    "origclientorderidlist": ["1"],
}


@pytest.fixture(params=["sync", "async"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def handle(exchange) -> SimpleNamespace:
    return handle_of(exchange.issue())


@pytest.fixture
def bot(kind, exchange, handle):
    with Bot(kind, exchange, handle) as bot:
        yield bot


def own(kind, exchange, key, **options) -> Bot:
    """An exchange that somebody has made with a key of his own."""
    secret = key.api_secret or key.private_key_pem
    return Bot(kind, exchange, apiKey=key.api_key, secret=secret, **options)


@pytest.mark.parametrize("key_type", list(KeyType))
def test_an_exchange_signs_with_the_credentials_of_the_moment(exchange, handle, bot, key_type):
    bot.trade()
    key = exchange.issue(key_type)
    handle.current = build(**key.fields())
    bot.trade()
    assert exchange.accepted(key.api_key) == 2
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


@pytest.mark.unmeasured
@rotations(6, 20)
def test_nothing_is_mixed_or_lost_through_rotations(exchange, handle, bot, rotations) -> None:
    """Eight calls at once between them; the key before the last is revoked each time."""
    keys = [handle.current.api_key.reveal()]
    for turn in range(rotations):
        bot.many("privateGetAccount", 8)
        bot.many("privatePostOrder", 8, ORDER)
        key = exchange.issue(list(KeyType)[turn % 3])
        handle.current = build(**key.fields())
        exchange.keys.revoke(keys[-1])
        keys.append(key.api_key)
    assert [exchange.accepted(key) for key in keys] == [16] * rotations + [0]
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


def test_a_request_that_waited_for_the_exchange_has_one_pair(kind) -> None:
    """The old key is gone when the first eight are answered."""
    with GatedExchange(8) as exchange, Bot(kind, exchange, exchange) as bot:
        bot.many("privateGetAccount", 8)
        bot.privateGetAccount()
        assert exchange.shares() == [8, 1]
    assert exchange.mixed() == []


def test_a_request_that_waited_for_a_connection_is_signed_after_it() -> None:
    """60 tasks over 10 connections; the key is gone when the first ten are answered."""
    with GatedExchange(10) as exchange, Bot("async", exchange, exchange) as bot:

        async def limit() -> None:
            bot.ccxt.own_session = False
            bot.ccxt.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=10))

        bot.wait(limit())
        bot.many("privateGetAccount", 60)
        assert exchange.shares() == [10, 50]
        bot.wait(bot.ccxt.session.close())


def endpoints() -> list[tuple[str, str]]:
    """Every endpoint of ccxt's Binance, as the method to call and the HTTP method."""
    kinds = ccxt.binance.__mro__
    found = {n: e for kind in kinds for n, e in vars(kind).items() if isinstance(e, Entry)}
    return [(name, each.method) for name, each in sorted(found.items()) if "_" not in name]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_endpoint_of_every_family_is_signed_as_it_is_sent(kind, recorder) -> None:
    """With text that must be encoded, for those as well that ccxt leaves as it is."""
    with FakeExchange() as exchange, Bot(kind, recorder, handle_of(exchange.issue())) as bot:
        for name, method in endpoints()[:: 1 if kind == "sync" else 7]:
            recorder.seen.clear()
            getattr(bot, name)(dict(PARAMS))
            (seen,) = recorder.seen
            path, _, query = seen.path.partition("?")
            key = seen.headers.get("X-MBX-APIKEY")
            sent = query.encode() + seen.body
            payload, _, signature = sent.partition(b"signature=")
            if signature:
                text = requests.utils.unquote(signature.decode())
                assert exchange.keys.signer_of(payload[:-1], text, key) == key, (name, sent)
                assert sent.isascii()
            else:
                # ccxt does not sign the last one, which the documentation lists as USER_STREAM.
                is_open = security_of(path) is Security.KEY or name.endswith("UserListenToken")
                assert key is None or is_open, name
            assert method == seen.method


def test_an_exchange_of_ones_own_is_attached_and_detached(kind, exchange, handle) -> None:
    key = exchange.issue(KeyType.ED25519)
    with own(kind, exchange, key) as bot:
        bot.trade()
        detach = bot.attach(handle)
        bot.trade()
        assert exchange.accepted(key.api_key) == 2
        detach()
        detach()
        bot.trade()
        assert exchange.accepted(key.api_key) == 4
        assert type(bot.ccxt) is KINDS[kind]
        assert "_binance_creds" not in vars(bot.ccxt)
    assert exchange.rejected() == []


@pytest.mark.parametrize("sibling", ["binanceusdm", "binancecoinm"])
def test_siblings_and_subclasses_sign(kind, exchange, handle, sibling) -> None:
    module = ccxt if kind == "sync" else ccxt.async_support

    class Mine(getattr(module, sibling)):
        def sign(self, *arguments, **options):
            return super().sign(*arguments, **options)

    with Bot(kind, exchange, handle, base=Mine) as bot:
        bot.trade()
        assert isinstance(bot.ccxt, Mine)
    assert exchange.rejected() == []


def test_copies_sign_and_are_not_pickled(kind, exchange, handle, bot) -> None:
    other = copy.copy(bot.ccxt)
    handle.current = build(**exchange.issue(KeyType.ED25519).fields())
    bot.wait(other.privateGetAccount())
    assert exchange.rejected() == []
    assert "credentials" in str(caught(pickle.dumps, way_of(bot)))
    assert copy.deepcopy(way_of(bot)) is way_of(bot)
    other.session = None if kind == "sync" else bot.wait(other.close())


def test_another_exchange_of_the_same_class_is_a_plain_one(kind, exchange, bot) -> None:
    key = exchange.issue()
    with own(kind, exchange, key, base=type(bot.ccxt)) as plain:
        plain.trade()
    assert exchange.accepted(key.api_key) == 2


def test_a_session_that_the_exchange_makes_or_gets_later_signs(kind, exchange, handle, bot):
    bot.trade()
    if kind == "sync":
        bot.ccxt.session = requests.Session()
    else:
        bot.close()
        bot.open()
    bot.trade()
    assert exchange.accepted(handle.current.api_key.reveal()) == 4
    assert exchange.rejected() == []


def test_an_attached_exchange_keeps_and_shows_no_key(kind, exchange, handle, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    current = handle.current
    with Bot(kind, exchange, handle, verbose=True) as bot:
        bot.trade()
        exchange.drop(2)  # aiohttp repeats a read once
        lost = caught(bot.privateGetAccount)
        exchange.fail(path="/api/v3/order")
        failed = caught(bot.privatePostOrder, dict(ORDER))
        texts = [vars(bot.ccxt), vars(bot.ccxt.session), lost, failed, lost.__cause__, str(lost)]
        assert_no_leak(current.api_key.reveal(), *texts, caplog.text, capsys.readouterr().out)
        assert_no_leak(current.api_secret.reveal(), *texts, caplog.text)
        signatures = [part.split("&")[0] for part in caplog.text.split("signature=")[1:]]
    assert isinstance(lost, ccxt.NetworkError)
    assert signatures
    assert {current.sign(b"")}.isdisjoint(signatures)


def test_a_refused_key_is_no_ban(kind, exchange, handle, bot) -> None:
    """ccxt takes it for one once a request has succeeded, and bots wait then."""
    bot.trade()
    exchange.keys.revoke(handle.current.api_key.reveal())
    error = caught(bot.privateGetAccount)
    assert isinstance(error, ccxt.AuthenticationError)
    assert "-2015" in str(error)


def test_too_many_requests_are_told_as_before(kind, exchange, bot) -> None:
    exchange.throttle()
    assert isinstance(caught(bot.privateGetAccount), ccxt.DDoSProtection)


def test_the_retries_of_ccxt_sign_anew(kind, exchange, handle) -> None:
    with Bot(kind, exchange, handle, options={"maxRetriesOnFailure": 2}) as bot:
        exchange.drop(path="/api/v3/account")
        bot.privateGetAccount()
    assert exchange.accepted(handle.current.api_key.reveal()) == 1
    assert exchange.mixed() == []


@pytest.mark.parametrize("retries", [False, True])
def test_a_rejected_key_is_reported_and_tried_again_once_where_asked_for(kind, exchange, retries):
    old, new = exchange.issue(), exchange.issue(KeyType.ED25519)
    memory.register("ccxt", old.fields())
    with (
        load_credentials("memory:ccxt", live=True) as live,
        Bot(kind, exchange, live, retry_rejected=retries) as bot,
    ):
        memory.register("ccxt", new.fields())
        exchange.keys.revoke(old.api_key)
        error = None if retries else caught(bot.privatePostOrder, dict(ORDER))
        bot.trade()
    memory.unregister("ccxt")
    assert isinstance(error, ccxt.AuthenticationError | None)
    assert exchange.accepted(new.api_key) == 2
    assert len(exchange.rejected()) == 1
    assert exchange.doubled() == []


def test_the_time_of_the_exchange_is_the_callers(kind) -> None:
    with FakeExchange(clock_offset_ms=-60_000) as slow:
        handle = handle_of(slow.issue())
        with Bot(kind, slow, handle, clock=lambda: time.time() - 60) as bot:
            bot.trade()
    assert slow.rejected() == []


def test_a_key_that_is_set_on_an_attached_exchange_is_refused(kind, exchange, handle, bot):
    bot.ccxt.apiKey = new_key().api_key
    assert isinstance(caught(bot.privateGetAccount), ConfigurationError)
    assert exchange.requests == []


@pytest.mark.parametrize(
    ("environment", "name", "host"),
    [
        ("live", "binance", "api.binance.com"),
        ("testnet", "binance", "testnet.binance.vision"),
        ("demo", "binance", "demo-api.binance.com"),
        ("us", "binanceus", "api.binance.us"),
    ],
)
def test_an_exchange_trades_in_the_environment_of_its_credentials(environment, name, host) -> None:
    creds = build(**new_key().fields(), environment=environment)
    exchange = client(getattr(ccxt, name), creds)
    assert urlsplit(exchange.urls["api"]["private"]).hostname == host


@pytest.mark.parametrize("module", [ccxt, ccxt.async_support, ccxt.pro])
@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        ("live", "set_sandbox_mode"),
        ("testnet", "enable_demo_trading"),
        ("demo", None),
        ("us", None),
    ],
)
def test_credentials_do_not_go_to_another_environment(module, environment, mode) -> None:
    exchange = module.binance({"apiKey": "mine", "secret": "too"})
    if mode is not None:
        getattr(exchange, mode)(True)
    error = caught(attach, exchange, build(**new_key().fields(), environment=environment))
    assert isinstance(error, ConfigurationError)
    assert (exchange.apiKey, exchange.secret, type(exchange)) == ("mine", "too", module.binance)


def test_a_mode_that_is_switched_later_gets_no_key(kind) -> None:
    with Bot(kind, SimpleNamespace(url="http://127.0.0.1:9"), handle_of(new_key())) as bot:
        bot.ccxt.set_sandbox_mode(True)
        for method in ("privateGetAccount", "fapiPrivateV2GetAccount"):
            error = caught(getattr(bot, method))
            assert isinstance(error, ConfigurationError | ccxt.NotSupported)
        bot.ccxt.urls["api"]["private"] = "http://127.0.0.1:9"
        assert isinstance(caught(bot.privateGetAccount), ccxt.NetworkError)


@pytest.mark.parametrize("hosts", [(), ["proxy.lan"]])
def test_a_host_that_the_caller_names_gets_the_key(kind, hosts) -> None:
    options = at("https://proxy.lan")
    handle = handle_of(new_key())
    if hosts:
        client(KINDS[kind], handle, hosts=hosts, **options)
    else:
        assert "proxy.lan" in str(caught(client, KINDS[kind], handle, **options))


@pytest.mark.parametrize(
    "thing", [object(), ccxt.binance, ccxt.kraken(), SimpleNamespace(urls={"api": {}})]
)
def test_what_is_no_binance_exchange_of_ccxt_is_refused(handle, thing) -> None:
    assert "no Binance exchange" in str(caught(attach, thing, handle))


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_exchange_that_signs_already_is_refused(kind, exchange, handle) -> None:
    with Bot(kind, exchange, handle) as bot:
        assert "signs already" in str(caught(bot.attach, handle))


def test_an_exchange_that_sends_in_another_way_is_refused(kind, exchange, handle) -> None:
    class Other(KINDS[kind]):
        def fetch(self, *arguments, **options):
            return {}

    with own(kind, exchange, new_key(), base=Other) as bot:
        assert "does not come where" in str(caught(bot.attach, handle))
        assert type(bot.ccxt) is Other


def test_an_answer_that_is_no_json_is_told_as_before(kind, recorder, handle) -> None:
    with Bot(kind, recorder, handle) as bot:
        assert json.loads(json.dumps(bot.publicGetTime())) == {}
