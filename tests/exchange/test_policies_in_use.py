"""Each packaged policy against keys of the local exchange, through the check itself."""

from __future__ import annotations

import pytest
from support import build, caught

from binance_creds import Credentials, Environment
from binance_creds.errors import VerificationError
from binance_creds.exchange import ExchangeCheck, policy_named
from binance_creds.exchange._findings import PERMISSION_FIELDS
from binance_creds.exchange._policies._reading import PACKAGED
from binance_creds.testing import FakeExchange

EVERY = dict.fromkeys(PERMISSION_FIELDS.values(), True)
NONE = dict.fromkeys(PERMISSION_FIELDS.values(), False)


def environment_of(name: str) -> Environment:
    return Environment.TESTNET if name == "testnet" else Environment.LIVE


def outcome(name: str, rights: dict[str, bool], **options: object) -> object:
    """Return what the check says of a new key with these rights."""
    environment = environment_of(name)
    with FakeExchange(environment) as exchange:
        key = exchange.issue(permissions=rights, **options)
        credentials: Credentials = build(**key.fields(), environment=environment.value)
        check = ExchangeCheck(name, base_url=exchange.url)
        try:
            return check.notes(check.examine(credentials))
        except VerificationError as error:
            return error.again()


@pytest.mark.parametrize("name", PACKAGED)
def test_a_key_with_just_the_rights_of_its_policy_is_accepted(name) -> None:
    """With nothing to note, where the exchange gives the rights of a key."""
    policy = policy_named(name)
    asked = policy.required | set(sorted(policy.one_of)[:1])
    rights = NONE | {PERMISSION_FIELDS[right]: True for right in asked}
    notes = outcome(name, rights | {"enableReading": True}, ip_list=("127.0.0.1",))
    assert isinstance(notes, tuple), notes
    assert len(notes) == (name == "testnet")


@pytest.mark.parametrize("name", [name for name in PACKAGED if name != "testnet"])
def test_a_key_with_every_right_is_refused_with_each_sentence(name) -> None:
    policy = policy_named(name)
    error = outcome(name, EVERY)
    assert error.reason == "policy"
    for right in policy.forbidden:
        assert f"policy {name!r} forbids {right}, and this key may " in error.message
    is_told = "requires an IP restriction" in error.message
    assert is_told == (policy.ip_restriction == "required")


def test_a_key_of_the_live_exchange_is_no_key_for_tests(exchange) -> None:
    credentials = build(**exchange.issue(permissions=EVERY).fields())
    error = caught(ExchangeCheck("testnet", base_url=exchange.url), credentials)
    assert "policy 'testnet' is for keys of demo and testnet, and this key is of live" in str(error)
