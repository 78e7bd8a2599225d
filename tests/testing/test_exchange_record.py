"""The record of the local exchange tells whose key signed, and what was placed twice."""

from __future__ import annotations

import pytest
from by_hand import ACCOUNT, ORDER, send
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from binance_creds import Environment, KeyType

LIMIT = "symbol=BTCUSDT&side=BUY&type=LIMIT&price=1&quantity=1&timeInForce=GTC"


@pytest.mark.parametrize("key_type", KeyType)
def test_a_request_of_one_pair_is_signed_by_the_key_that_it_names(exchange, key_type) -> None:
    """Whatever its kind; the record has its parameters without the signature."""
    key = exchange.issue(key_type)
    assert send(exchange, key, "omitZeroBalances=true")[0] == 200
    (request,) = exchange.requests
    assert (key.api_key, key.api_key, "rest") == (
        request.api_key,
        request.signed_by,
        request.transport,
    )
    assert {"omitZeroBalances", "timestamp"} == set(request.params)
    assert abs(request.time_ms - exchange.now_ms()) < 60_000
    assert ([], []) == (exchange.mixed(), exchange.doubled())


def test_header_and_signature_of_two_keys_are_mixed(exchange) -> None:
    """A key that the exchange knows made the signature, in whatever state it is."""
    old, new = exchange.issue(), exchange.issue(KeyType.ED25519)
    exchange.keys.revoke(old.api_key)
    assert send(exchange, old, header=new.api_key)[1]["code"] == -1022
    assert send(exchange, old, header="")[1]["code"] == -2014
    assert [old.api_key] * 2 == [request.signed_by for request in exchange.mixed()]


def test_a_signature_of_no_key_is_not_mixed(exchange) -> None:
    """It is refused, and nobody signed it."""
    assert send(exchange, exchange.issue(), signature="0" * 64)[1]["code"] == -1022
    assert ([None], []) == ([r.signed_by for r in exchange.requests], exchange.mixed())


def test_one_public_key_under_two_names_is_not_mixed(exchange) -> None:
    """As after a rotation that keeps the key pair."""
    first = exchange.issue(KeyType.ED25519)
    public = exchange.keys.find(first.api_key).material
    exchange.keys.register_public_key("s" * 64, public)
    assert send(exchange, first, header="s" * 64)[0] == 200
    assert ("s" * 64, []) == (exchange.requests[0].signed_by, exchange.mixed())


def test_an_order_that_is_sent_again_is_doubled(exchange) -> None:
    """Only where the first was placed, and only within one account."""
    key, other = exchange.issue(), exchange.issue(account="sub")
    trading = {"permissions": {"enableSpotAndMarginTrading": False}}
    for sender in (exchange.issue(**trading), key, other, key):
        send(exchange, sender, f"{LIMIT}&newClientOrderId=a", method="POST", path=ORDER)
    (doubled,) = exchange.doubled()
    assert ("a", "main", key.api_key) == (
        doubled.client_order_id,
        doubled.account,
        doubled.api_key,
    )


def test_a_query_names_the_order_by_its_own_id(exchange) -> None:
    """And is no order itself."""
    key = exchange.issue()
    send(exchange, key, f"{LIMIT}&newClientOrderId=a", method="POST", path=ORDER)
    send(exchange, key, "symbol=BTCUSDT&origClientOrderId=a", path=ORDER)
    assert [("a", True, True), ("a", False, False)] == [
        (r.client_order_id, r.is_order, r.is_placed) for r in exchange.requests
    ]


def test_a_key_of_another_environment_is_known_to_the_record(exchange) -> None:
    """So a pair for the wrong host is seen as one pair."""
    key = exchange.issue(environment=Environment.TESTNET)
    assert send(exchange, key)[1]["code"] == -2008
    assert (key.api_key, ACCOUNT) == (exchange.requests[0].signed_by, exchange.requests[0].path)


def test_whoever_listens_hears_of_a_revoked_key(exchange) -> None:
    """When it is refused already."""
    heard = []
    exchange.keys.on_revoke(lambda name: heard.append(exchange.keys.find(name).is_revoked))
    exchange.keys.revoke(exchange.issue().api_key)
    assert [True] == heard


def test_a_key_of_another_kind_is_refused(exchange) -> None:
    """Binance takes Ed25519 and RSA."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoding = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    with pytest.raises(ValueError, match="Ed25519 or RSA"):
        exchange.keys.register_public_key("e" * 64, public.public_bytes(*encoding).decode())
