"""A plain load proves its pair, and gives what the exchange says of it."""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from scripted_check import CREATED, ScriptedCheck, refused, silent, undecided
from support import caught, pair
from waiting import wait_for

from binance_creds import CredentialsWarning, aload_credentials, load_credentials, load_many
from binance_creds._api import _live
from binance_creds.errors import (
    ProviderNotInstalledError,
    ProviderUnavailableError,
    VerificationError,
)
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


def test_loads_at_the_same_time_give_one_object(source) -> None:
    """As loads one after the other do."""
    check, begun = ScriptedCheck(), threading.Barrier(9)
    found = []

    def load() -> None:
        begun.wait()
        found.append(load_credentials(source, verify=check))

    check.gate.clear()
    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    begun.wait()
    wait_for(lambda: len(check.asked) == 8)
    check.gate.set()
    for thread in threads:
        thread.join()
    assert {id(found[0])} == {id(one) for one in found}


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


def test_an_error_of_ours_from_a_function_is_raised_as_it_is(load) -> None:
    """Only a check says what becomes of a pair without an answer."""

    def verify(_) -> None:
        raise silent("nobody answers.")

    error = caught(load, verify=verify)
    assert isinstance(error, ProviderUnavailableError)
    assert "nobody answers" in error.message


# what is asked


class Asks(ScriptedCheck):
    """Stand where the check of the real exchange would be made."""

    made: list[Asks]

    def __init__(self, policy=None, *, when_unreachable="use") -> None:
        super().__init__()
        self.name, self.when_unreachable = policy and policy.name, when_unreachable
        self.made.append(self)


@pytest.fixture
def made(monkeypatch) -> list[Asks]:
    monkeypatch.setattr(Asks, "made", [], raising=False)
    monkeypatch.setattr("binance_creds.exchange._check.ExchangeCheck", Asks)
    _live.remembered_check.cache_clear()
    yield Asks.made
    _live.remembered_check.cache_clear()


def profile(source: str, **entries) -> dict:
    return {"config": {"profiles": {"main": {"source": source} | entries}}, "profile": "main"}


@pytest.mark.parametrize(
    ("entries", "verify", "asked"),
    [
        ({}, None, None),
        ({}, False, None),
        ({}, True, (None, "use")),
        ({"verify": True}, None, (None, "use")),
        ({"verify": True}, False, None),
        ({"verify": True, "policy": "spot-trading"}, None, ("spot-trading", "use")),
        ({"verify": True, "policy": "read-only", "when_unreachable": "refuse"}, True,
         ("read-only", "refuse")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("live", [False, True])
def test_who_says_whether_the_exchange_is_asked(made, source, entries, verify, asked, live) -> None:
    """The call, else the profile; the policy is that of the profile in either case."""
    for _ in range(2):
        found = load_credentials(live=live, verify=verify, **profile(source, **entries))
        if live:
            found.close()
    assert [asked] * bool(asked) == [(one.name, one.when_unreachable) for one in made]
    assert all(one.asked for one in made)


def test_a_check_or_a_function_wins_over_the_profile(made, source) -> None:
    """Whatever the profile has for a policy."""
    checks = ScriptedCheck(), ScriptedCheck()
    for verify in (checks[0], lambda pair: checks[1](pair)):
        load_credentials(verify=verify, **profile(source, verify=True, policy="spot-trading"))
    assert ([], 1, 1) == (made, len(checks[0].asked), len(checks[1].asked))


def test_without_httpx_the_first_load_says_what_to_install(source, monkeypatch) -> None:
    """Before anything is read, and only where the exchange is to be asked."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    _live.remembered_check.cache_clear()
    error = caught(load_credentials, "memory:nothing", verify=True)
    assert isinstance(error, ProviderNotInstalledError)
    assert "binance-creds[exchange]" in str(error)
    assert load_credentials(source, verify=False).api_key


# age


@pytest.mark.parametrize("many", [False, True])
def test_a_key_that_is_due_is_warned_of_once(source, load, many) -> None:
    """However often it is loaded; by the fingerprint, so that its owner finds it."""
    memory.register("main", pair() | {"created": "2026-01-01", "rotation_days": "30"})
    with pytest.warns(CredentialsWarning) as warned:
        for _ in range(2):
            found = load_many({"main": source}, fresh=True)["main"] if many else load(fresh=True)
    assert 1 == len(warned)
    text = str(warned[0].message)
    assert f"memory:main: the key {found.fingerprint} was to be rotated by 2026-01-31" in text


def test_a_key_that_the_exchange_says_is_old_is_warned_of(load) -> None:
    """Whatever date its secret has."""
    check = ScriptedCheck(created_at=datetime(2026, 1, 1, tzinfo=UTC), rotation_days=90)
    with pytest.warns(CredentialsWarning, match="was to be rotated by 2026-04-01"):
        load(verify=check)


def test_a_key_that_has_time_left_is_not_warned_of() -> None:
    """Warnings are errors here."""
    made = datetime.now(UTC) - timedelta(days=29)
    memory.register("young", pair() | {"created": made.isoformat(), "rotation_days": "30"})
    assert load_credentials("memory:young").rotate_by > datetime.now(UTC)
