"""REST of the official SDK: whose key signs, where it goes, and what the client keeps."""

from __future__ import annotations

import copy
import pickle
import ssl
import time
from itertools import cycle
from types import SimpleNamespace

import pytest

pytest.importorskip("binance_common")

from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import ServerError, UnauthorizedError
from binance_common.signature import Signers
from binance_sdk_spot import Spot
from gated import GatedExchange
from support import build, caught, new_key
from waiting import beside

from binance_creds import ConfigurationError, KeyType, load_credentials
from binance_creds.adapters.binance_sdk import attach, client
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange, assert_no_leak

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1.0}


def at(exchange, **options) -> ConfigurationRestAPI:
    return ConfigurationRestAPI(base_path=exchange.url, backoff=1, **options)


def own(exchange, key, **options) -> Spot:
    """A client that somebody has made with a key of his own."""
    secret = {"api_secret": key.api_secret} if key.api_secret else {}
    private = {"private_key": key.private_key_pem} if key.private_key_pem else {}
    return Spot(at(exchange, api_key=key.api_key, **secret, **private, **options))


def trade(spot) -> None:
    assert spot.rest_api.get_account().status == 200
    assert spot.rest_api.new_order(**ORDER).status == 200


@pytest.fixture
def handle(exchange) -> SimpleNamespace:
    """A handle whose credentials the test changes."""
    return SimpleNamespace(current=build(**exchange.issue().fields()))


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_client_signs_with_the_credentials_of_the_moment(exchange, handle, key_type) -> None:
    spot = client(Spot, handle, config_rest_api=at(exchange))
    trade(spot)
    key = exchange.issue(key_type)
    handle.current = build(**key.fields())
    trade(spot)
    assert exchange.accepted(key.api_key) == 2
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


def test_a_request_that_waited_for_the_exchange_has_one_pair() -> None:
    """Eight threads; the old key is gone when their first requests are answered."""
    with GatedExchange(8) as exchange:
        spot = client(Spot, exchange, config_rest_api=at(exchange, timeout=60_000))
        calls = [beside(spot.rest_api.get_account) for _ in range(8)]
        assert [call.result().status for call in calls] == [200] * 8
        assert spot.rest_api.get_account().status == 200
    assert exchange.shares() == [8, 1]
    assert exchange.mixed() == []


def test_the_configuration_of_the_caller_stays_his(exchange, handle) -> None:
    given = ConfigurationRestAPI(base_path=exchange.url)
    client(Spot, handle, config_rest_api=given)
    assert (given.api_key, given.api_secret) == (None, None)


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_client_of_ones_own_is_attached_and_detached(exchange, handle, key_type) -> None:
    key = exchange.issue(key_type)
    spot = own(exchange, key)
    trade(spot)
    detach = attach(spot, handle)
    trade(spot)
    assert exchange.accepted(key.api_key) == 2
    detach()
    detach()
    trade(spot)
    assert exchange.accepted(key.api_key) == 4
    assert exchange.rejected() == []


def test_an_attached_client_keeps_no_secret(exchange, handle) -> None:
    """Neither do the caches of the SDK, by which a key stays until the process ends."""
    keys = [exchange.issue(key_type) for key_type in KeyType]
    clients = [own(exchange, key) for key in keys]
    for spot in clients:
        spot.rest_api.get_account()
        attach(spot, handle)
        spot.rest_api.get_account()
    kept = [
        vars(part) for spot in clients for part in (spot, spot.rest_api, spot.rest_api._tradeApi)
    ]
    kept += [pickle.dumps(spot._rest_api_config) for spot in clients]
    kept += [vars(Signers)]
    for key in keys:
        assert_no_leak(key.api_key, *kept)
        assert_no_leak(key.api_secret or key.private_key_pem, *kept)
    assert [spot.rest_api._signer for spot in clients] == [None] * 3


def test_copies_and_subclasses_sign(exchange, handle) -> None:
    class Mine(Spot):
        pass

    spot = client(Mine, handle, config_rest_api=at(exchange))
    handle.current = build(**exchange.issue(KeyType.ED25519).fields())
    for one in (copy.copy(spot), copy.deepcopy(spot.rest_api)):
        assert getattr(one, "rest_api", one).get_account().status == 200
    assert exchange.rejected() == []


def test_a_part_of_a_client_can_be_attached(exchange, handle) -> None:
    rest = own(exchange, new_key()).rest_api
    attach(rest, handle)
    assert rest.get_account().status == 200


def test_an_agent_that_the_sdk_mounts_for_each_request_does_not_pass_by(exchange, handle) -> None:
    agent = ssl.create_default_context()
    trade(client(Spot, handle, config_rest_api=at(exchange, https_agent=agent, keep_alive=False)))
    assert exchange.rejected() == []


def test_the_retries_of_the_sdk_sign_anew(exchange, handle) -> None:
    """After an answer of 503 the next attempt has the key of then."""
    old, new = handle.current, exchange.issue(KeyType.ED25519)
    spot = client(Spot, handle, config_rest_api=at(exchange))
    turns = cycle([old, build(**new.fields())])
    spot.rest_api._session.hooks["response"].append(
        lambda *_, **__: setattr(handle, "current", next(turns))
    )
    next(turns)
    exchange.throttle(1, status=503)
    try:
        spot.rest_api.get_account()
    except ServerError:  # of binance-common 3, which does not repeat these
        spot.rest_api.get_account()
    assert exchange.accepted(new.api_key) == 1
    assert exchange.mixed() == []


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("live", "api.binance.com"),
        ("testnet", "testnet.binance.vision"),
        ("demo", "demo-api.binance.com"),
    ],
)
def test_a_client_goes_to_the_environment_of_its_credentials(environment, host) -> None:
    spot = client(Spot, build(**new_key().fields(), environment=environment))
    assert f"https://{host}" == spot.rest_api.configuration.base_path
    assert (
        host.removeprefix("demo-").removeprefix("api.")
        in spot.websocket_api.configuration.stream_url
    )


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ("testnet", "https://api.binance.com"),
        ("live", "https://testnet.binance.vision"),
        ("us", "https://api.binance.com"),
        ("us", None),
        ("live", "https://proxy.lan"),
        ("live", "http://api.binance.com"),
    ],
)
def test_credentials_do_not_go_to_a_host_of_others(environment, path) -> None:
    creds = build(**new_key().fields(), environment=environment)
    spot = Spot(ConfigurationRestAPI(base_path=path, api_key="mine", api_secret="too"))
    error = caught(attach, spot, creds)
    assert isinstance(error, ConfigurationError)
    assert (spot.rest_api.configuration.api_key, spot.rest_api.configuration.api_secret) == (
        "mine",
        "too",
    )
    assert type(spot.rest_api._session).__module__ == "requests.sessions"


def test_a_host_that_the_caller_names_gets_the_key() -> None:
    creds = build(**new_key().fields())
    client(
        Spot,
        creds,
        hosts=["proxy.lan"],
        config_rest_api=ConfigurationRestAPI(base_path="https://proxy.lan"),
    )


@pytest.mark.parametrize("thing", [object(), SimpleNamespace(configuration=None), Spot])
def test_what_is_no_client_of_the_sdk_is_refused(handle, thing) -> None:
    assert "binance-common" in str(caught(attach, thing, handle))


@pytest.mark.parametrize("retries", [False, True])
def test_a_rejected_key_is_reported_and_tried_again_once_where_asked_for(retries) -> None:
    with FakeExchange() as exchange:
        old, new = exchange.issue(), exchange.issue(KeyType.ED25519)
        memory.register("sdk", old.fields())
        with load_credentials("memory:sdk", live=True) as live:
            spot = client(Spot, live, retry_rejected=retries, config_rest_api=at(exchange))
            memory.register("sdk", new.fields())
            exchange.keys.revoke(old.api_key)
            error = None if retries else caught(spot.rest_api.new_order, **ORDER)
            trade(spot)
        memory.unregister("sdk")
    assert isinstance(error, UnauthorizedError | None)
    assert exchange.accepted(new.api_key) == 2
    assert len(exchange.rejected()) == 1
    assert exchange.doubled() == []


def test_the_time_of_the_exchange_is_the_callers(exchange, handle) -> None:
    with FakeExchange(clock_offset_ms=-60_000) as slow:
        handle.current = build(**slow.issue().fields())
        spot = client(Spot, handle, clock=lambda: time.time() - 60, config_rest_api=at(slow))
        assert spot.rest_api.get_account().status == 200
