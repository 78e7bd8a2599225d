"""A plain load proves its pair, and gives what the exchange says of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from scripted_check import CREATED, ScriptedCheck, refused, silent, undecided
from support import caught, pair

from binance_creds import CredentialsWarning, aload_credentials, load_credentials
from binance_creds.errors import ProviderUnavailableError, VerificationError
from binance_creds.providers import memory


@pytest.fixture
def source() -> str:
    memory.register("main", pair() | {"created": "2020-01-01"})
    return "memory:main"


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def load(request, source):
    """Load the pair, with and without a loop."""

    def loaded(**options):
        if request.param:
            return asyncio.run(aload_credentials(source, **options))
        return load_credentials(source, **options)

    return loaded


def test_the_date_of_the_exchange_wins_and_the_days_are_those_of_the_policy(load) -> None:
    """Where neither the profile nor the secret has any."""
    ends = datetime(2026, 12, 24, tzinfo=UTC)
    found = load(verify=ScriptedCheck(rotation_days=30, trading_ends_at=ends))
    assert (CREATED, ends) == (found.created_at, found.trading_ends_at)
    assert found.rotate_by == CREATED + timedelta(days=30)
    assert ("the key has no list of addresses.",) == found.explain().notes


def test_the_days_of_the_secret_win_over_those_of_the_policy() -> None:
    """Its owner knows better; a profile is the same."""
    memory.register("days", pair() | {"rotation_days": "7"})
    found = load_credentials("memory:days", verify=ScriptedCheck(rotation_days=30))
    assert found.rotate_by == CREATED + timedelta(days=7)


def test_without_a_date_of_the_exchange_that_of_the_secret_counts(load) -> None:
    """As on a testnet, which tells none."""
    check = ScriptedCheck(created_at=None, rotation_days=30)
    assert 2020 == load(verify=check).created_at.year


def test_loads_of_one_pair_give_one_object(load) -> None:
    """With a check as without one: hooks and adapters compare by identity."""
    check = ScriptedCheck(rotation_days=30)
    first = load(verify=check)
    assert first is load(verify=check)
    assert first is load(verify=ScriptedCheck(rotation_days=30))
    assert load().trading_ends_at is None


@pytest.mark.parametrize("error", [refused(), undecided()])
def test_a_refused_pair_is_not_loaded(load, error) -> None:
    """Whether it is certain or not: the reason is told."""
    check = ScriptedCheck()
    check.error = error
    found = caught(load, verify=check)
    assert isinstance(found, VerificationError)
    assert (error.reason, error.message) == (found.reason, found.message)


def test_without_an_answer_the_pair_is_used_with_one_warning(load) -> None:
    """Unless the check asks to refuse it."""
    check = ScriptedCheck()
    check.error = silent(f"the exchange does not answer ({load}).")
    with pytest.warns(CredentialsWarning, match="the exchange has not confirmed it") as warned:
        assert load(verify=check) is load(verify=check)
    assert 1 == len(warned)
    check.when_unreachable = "refuse"
    assert isinstance(caught(load, verify=check), ProviderUnavailableError)
