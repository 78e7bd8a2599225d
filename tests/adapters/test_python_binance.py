"""Real python-binance clients against the local exchange."""

from __future__ import annotations

import asyncio

import binance
import pytest
from binance.exceptions import BinanceAPIException
from cryptography.hazmat.primitives import serialization as s
from support import build, caught, new_key, token

from binance_creds import Credentials, Environment, KeyType
from binance_creds._plan import Plan, Terms
from binance_creds.adapters import python_binance
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak, watch_for_leaks

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1}
RESTING = {**ORDER, "type": "LIMIT", "timeInForce": "GTC", "price": "100.00", "quantity": "1.00"}


class Handle:
    """What changes its credentials between requests, as a live handle does."""

    def __init__(self, current: Credentials) -> None:
        self.current = current


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("key_type", list(KeyType))
def test_the_synchronous_client_trades(exchange, key_type, is_sealed) -> None:
    """Reads the account, places, queries and cancels; GET, POST and DELETE."""
    key = exchange.issue(key_type)
    creds = build(Plan((), Terms(sealed=is_sealed)), **key.fields())
    client = python_binance.client(creds, base_url=exchange.url)
    assert isinstance(client, binance.Client)
    assert client.get_account()["canTrade"] is True
    assert client.create_test_order(**ORDER) == {}
    order = client.create_order(**RESTING)
    assert client.get_order(symbol="BTCUSDT", orderId=order["orderId"])["status"] == "NEW"
    assert client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])["status"] == "CANCELED"
    assert client.get_account_api_permissions()["enableReading"] is True
    assert exchange.rejected() == []
    assert exchange.accepted(key.api_key) == 6
    client.close_connection()


@pytest.mark.parametrize("key_type", list(KeyType))
def test_the_asynchronous_client_trades(exchange, key_type) -> None:
    """Many tasks share it."""
    creds = build(**exchange.issue(key_type).fields())

    async def main() -> None:
        client = await python_binance.async_client(creds, base_url=exchange.url)
        try:
            assert isinstance(client, binance.AsyncClient)
            answers = await asyncio.gather(*(client.get_account() for _ in range(20)))
            assert {answer["accountType"] for answer in answers} == {"SPOT"}
            assert await client.create_test_order(**ORDER) == {}
        finally:
            await client.close_connection()

    asyncio.run(main())
    assert exchange.rejected() == []


def test_an_encrypted_ed25519_key_works(exchange) -> None:
    """python-binance alone takes it for RSA."""
    key = exchange.issue(KeyType.ED25519)
    encrypted = s.load_pem_private_key(key.private_key_pem.encode(), None).private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"passphrase")
    )
    creds = build(api_key=key.api_key, private_key=encrypted.decode(), passphrase="passphrase")
    python_binance.client(creds, base_url=exchange.url).get_account()
    assert exchange.rejected() == []


@pytest.mark.parametrize("key_type", list(KeyType))
def test_no_client_holds_the_secret_or_the_key(exchange, key_type) -> None:
    """Neither its attributes, nor its session, nor the logs of everything below it."""
    key = exchange.issue(key_type)
    secret = key.api_secret or key.private_key_pem.split("\n")[1]
    creds = build(**key.fields())
    with watch_for_leaks(secret):
        client = python_binance.client(creds, base_url=exchange.url, verbose=True)
        client.get_account()
        client.create_test_order(**ORDER)
    for canary in (secret, key.api_key):
        assert_no_leak(canary, vars(client), vars(client.session), vars(client.ws_api))
    client.logger.setLevel("NOTSET")


def test_verbose_logs_do_not_show_the_api_key(exchange) -> None:
    """It is added below the place where python-binance logs headers."""
    key = exchange.issue()
    client = python_binance.client(build(**key.fields()), base_url=exchange.url, verbose=True)
    with watch_for_leaks(key.api_key):
        client.get_account()
    client.logger.setLevel("NOTSET")


def test_a_revoked_key_is_refused_by_the_exchange(exchange) -> None:
    """The client's own exception, unchanged."""
    key = exchange.issue()
    client = python_binance.client(build(**key.fields()), base_url=exchange.url)
    exchange.keys.revoke(key.api_key)
    error = caught(client.get_account)
    assert isinstance(error, BinanceAPIException)
    assert error.code == -2015


@pytest.mark.parametrize(
    ("environment", "flags"),
    [
        (Environment.LIVE, (False, False)),
        (Environment.TESTNET, (True, False)),
        (Environment.DEMO, (False, True)),
    ],
)
def test_the_environment_decides_where_the_client_trades(environment, flags) -> None:
    """And an option that contradicts is refused."""
    creds = build(Plan((), Terms(environment=environment)), **new_key().fields())
    client = python_binance.client(creds, ping=False)
    assert (client.testnet, client.demo) == flags
    for name, value in zip(("testnet", "demo"), flags, strict=True):
        assert python_binance.client(creds, ping=False, **{name: value})
        error = caught(python_binance.client, creds, ping=False, **{name: not value})
        assert isinstance(error, ConfigurationError)
        assert f"{name}={not value} contradicts" in str(error)


def test_a_handle_that_changes_its_environment_is_refused(exchange) -> None:
    """A live bot must not find itself on the testnet."""
    fields = new_key().fields()
    handle = Handle(build(**fields))
    client = python_binance.client(handle, base_url=exchange.url)
    handle.current = build(Plan((), Terms(environment=Environment.TESTNET)), **fields)
    assert "Build a new client" in str(caught(client.get_account))


@pytest.mark.parametrize("name", ["api_key", "api_secret", "private_key", "private_key_pass"])
def test_a_key_given_twice_is_refused(name) -> None:
    """It comes from the credentials, and the error does not show it."""
    canary = token()
    error = caught(python_binance.client, build(**new_key().fields()), **{name: canary})
    assert isinstance(error, ConfigurationError)
    assert name in str(error)


def test_a_client_of_another_shape_is_refused(monkeypatch) -> None:
    """Never half configured."""
    monkeypatch.delattr(binance.Client, "_request")
    error = caught(python_binance.client, build(**new_key().fields()), ping=False)
    assert "has no _request" in str(error)


def test_another_package_of_the_same_name_is_recognised(monkeypatch) -> None:
    """binance-connector installs a top-level `binance` too."""
    import sys
    from types import ModuleType

    from binance_creds.errors import ProviderNotInstalledError

    other = ModuleType("binance")
    other.__spec__ = sys.modules["binance"].__spec__
    monkeypatch.setitem(sys.modules, "binance", other)
    room = "binance_creds.adapters._python_binance"
    for name in [each for each in sys.modules if each.startswith(room)]:
        monkeypatch.delitem(sys.modules, name)
    error = caught(python_binance.client, build(**new_key().fields()))
    assert isinstance(error, ProviderNotInstalledError)
    assert "not python-binance" in str(error)
