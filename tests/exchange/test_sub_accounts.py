"""A master account makes and deletes keys of its sub-account; no answer ever holds a secret."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from requests import Session
from support import build, caught

from binance_creds import ConfigurationError, Secret, VerificationError
from binance_creds.adapters.plain import sign_request
from binance_creds.adapters.requests import client
from binance_creds.errors import ProviderUnavailableError, ThrottledError
from binance_creds.exchange import ExchangeCheck, SubAccountKeys
from binance_creds.testing import assert_no_leak

EMAIL, HERE = "alpha+bot@example.com", ("127.0.0.1",)
CREATE, DELETE = "/sapi/v2/sub-account/subAccountApi", "/sapi/v1/sub-account/subAccountApi"
FUTURES = {"futures"}


@pytest.fixture
def pair():
    """Give the PEM of a private and of its public key."""
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, *form).decode(), public.decode()


@pytest.fixture
def keys_of(exchange, issue):
    """Make the client of a master account; options are those of its key."""
    exchange.keys.sub_accounts[EMAIL] = "alpha"

    def make(email=EMAIL, **options):
        return SubAccountKeys(issue(**{"ip_list": HERE} | options), email, base_url=exchange.url)

    return make


@pytest.fixture
def keys(keys_of):
    return keys_of()


def changes(exchange) -> list:
    return [one for one in exchange.requests if one.path in {CREATE, DELETE}]


def test_a_key_that_was_made_signs_for_the_sub_account(exchange, keys, pair):
    private, public = pair
    api_key = keys.create("bot", public, permissions={"reading", "futures"}, ip_list=HERE)
    made = build(api_key=api_key.reveal(), private_key=private)
    findings = ExchangeCheck(base_url=exchange.url)(made)
    assert {"reading", "futures"} == findings.permissions
    assert findings.is_ip_restricted
    with client(made) as session:
        assert session.get(f"{exchange.url}/api/v3/account").ok
    assert "alpha" == exchange.requests[-1].account


def test_what_is_sent_is_what_the_documents_say(exchange, keys, pair):
    keys.create("bot", pair[1], permissions=FUTURES, ip_list=("192.0.2.1", "192.0.2.2"))
    (sent,) = changes(exchange)
    assert ("POST", CREATE, 0) == (sent.method, sent.path, sent.code)
    said = {name: text for name, text in sent.params.items() if name != "timestamp"}
    assert {
        "email": EMAIL, "apiName": "bot", "status": "2", "ipAddress": "192.0.2.1,192.0.2.2",
        "canFuturesTrade": "true", "publicKey": pair[1], "recvWindow": "5000",
    } == said  # fmt: skip


def test_a_key_without_an_ip_list_may_be_used_from_anywhere(exchange, keys, pair):
    api_key = keys.create("bot", pair[1], permissions=())
    assert () == exchange.keys.find(api_key.reveal()).ip_list


def test_a_deleted_key_is_refused(exchange, keys, pair):
    api_key = keys.create("bot", pair[1], permissions=FUTURES)
    keys.delete(api_key)
    assert exchange.keys.find(api_key.reveal()).is_revoked


def test_deleting_twice_is_refused_with_the_code(keys, pair):
    api_key = keys.create("bot", pair[1], permissions=FUTURES)
    keys.delete(api_key)
    error = caught(keys.delete, api_key)
    assert "(-2008)" in str(error)
    assert isinstance(error, VerificationError)
    assert_no_leak(api_key.reveal(), error, keys)


def test_a_key_of_another_account_is_not_deleted(exchange, keys):
    other = exchange.issue()
    assert isinstance(caught(keys.delete, Secret(other.api_key)), VerificationError)
    assert not exchange.keys.find(other.api_key).is_revoked


def test_an_unknown_sub_account_is_refused(keys_of, pair):
    error = caught(keys_of("beta@example.com").create, "bot", pair[1], permissions=FUTURES)
    assert "e-mail address" in error.hint


@pytest.mark.parametrize(
    ("options", "lacks"),
    [
        ({"ip_list": ()}, "an IP list"),
        ({"permissions": {"enableSpotAndMarginTrading": False}}, "spot-and-margin-trading"),
    ],
)
def test_a_master_that_is_not_fit_is_told_what_it_lacks(exchange, keys_of, pair, options, lacks):
    error = caught(keys_of(**options).create, "bot", pair[1], permissions=FUTURES)
    assert lacks in str(error)
    assert [] == changes(exchange)


def test_there_are_no_sub_accounts_on_a_testnet(testnet):
    master = build(**testnet.issue().fields(), environment="testnet")
    keys = SubAccountKeys(master, EMAIL, base_url=testnet.url)
    assert "live exchange" in str(caught(keys.delete, Secret("k" * 64)))
    assert [] == testnet.requests


@pytest.mark.parametrize("name", ["withdrawals", "trading"])
def test_a_right_that_no_sub_account_gets_is_refused(exchange, keys, pair, name):
    error = caught(keys.create, "bot", pair[1], permissions={name})
    assert isinstance(error, ConfigurationError)
    assert name in str(error)
    assert [] == exchange.requests


def test_too_many_addresses_are_refused(keys, pair):
    many = [f"192.0.2.{number}" for number in range(60)]
    assert "longer than" in str(caught(keys.create, "b", pair[1], permissions=(), ip_list=many))


def test_a_public_key_that_is_none_is_refused(keys):
    error = caught(keys.create, "bot", "no PEM", permissions=FUTURES)
    assert "(-1100)" in str(error)


def lost(exchange):
    exchange.drop(path=CREATE, after=True)


def unknown(exchange):
    exchange.fail(path=CREATE, status=504, after=True)


def odd(exchange):
    exchange.reply("{}", path=CREATE, content_type="application/json")


@pytest.mark.parametrize("fault", [lost, unknown, odd])
def test_a_change_that_is_not_confirmed_says_where_to_look(exchange, keys, pair, fault):
    fault(exchange)
    error = caught(keys.create, "bot", pair[1], permissions=FUTURES)
    assert isinstance(error, ProviderUnavailableError)
    assert "API management" in error.hint
    assert 1 == len(changes(exchange))  # it is never repeated


def test_a_limit_changes_nothing_and_says_how_long(exchange, keys_of, pair):
    keys = keys_of()
    keys.delete(keys.create("bot", pair[1], permissions=FUTURES))
    exchange.fail(path=CREATE, status=429)
    error = caught(keys.create, "bot", pair[1], permissions=FUTURES)
    assert isinstance(error, ThrottledError)


def test_an_exchange_that_hangs_is_left_in_time(exchange, issue, pair):
    exchange.keys.sub_accounts[EMAIL] = "alpha"
    keys = SubAccountKeys(issue(ip_list=HERE), EMAIL, base_url=exchange.url, timeout_seconds=0.5)
    with exchange.hold(path=CREATE):
        error = caught(keys.create, "bot", pair[1], permissions=FUTURES)
    assert "not confirm" in str(error)


def asked(exchange, used, **params) -> dict:
    """Ask as another client would, which makes no pair of its own."""
    signed = sign_request(used, "POST", exchange.url + CREATE, body=params)
    with Session() as plain:
        return plain.post(signed.url, data=signed.body, headers=signed.headers).json()


def test_without_a_public_key_the_exchange_makes_a_secret(exchange, keys, issue):
    master = issue(ip_list=HERE)
    made = asked(exchange, master, email=EMAIL, apiName="bot", status="1", canTrade="true")
    found = build(api_key=made["apiKey"], api_secret=made["secretKey"])
    assert ExchangeCheck(base_url=exchange.url)(found).permissions


def test_the_exchange_refuses_a_master_without_an_ip_list(exchange, keys, issue):
    made = asked(exchange, issue(), email=EMAIL, apiName="bot", status="1")
    assert -2015 == made["code"]


def test_it_shows_no_secret(keys):
    assert f"SubAccountKeys({EMAIL!r})" == repr(keys)
