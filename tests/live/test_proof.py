"""Pairs are proven at the exchange before they become current, and again while they are."""

from __future__ import annotations

import pytest
from live_support import Told, inside
from scripted_check import ScriptedCheck, refused, silent, undecided
from support import caught
from waiting import wait_for

from binance_creds import CredentialsWarning, RefreshPolicy, load_credentials
from binance_creds.errors import CredentialsError, ProviderUnavailableError, VerificationError
from binance_creds.live import Action, Kind

SLOW = RefreshPolicy(poll="30m", ttl="45m")


@pytest.fixture
def check() -> ScriptedCheck:
    return ScriptedCheck()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def live(store, clock, check, told):
    with load_credentials("held:a", live=True, refresh=SLOW, verify=check) as handle:
        handle.on_event(told)
        yield handle


def passes(live, clock, check, seconds: float) -> None:
    """Let a time pass after which the exchange is asked again."""
    tries = len(check.asked)
    clock.advance(seconds)
    wait_for(lambda: len(check.asked) > tries)
    wait_for(lambda: not inside(live).machine.is_fetching)


# the first load


@pytest.mark.parametrize("error", [refused(), undecided()])
def test_a_first_load_is_refused_with_the_sentence(store, check, error) -> None:
    """An ambiguous answer refuses as well: there is no pair to go on with."""
    check.error = error
    found = caught(load_credentials, "held:a", live=True, verify=check)
    assert isinstance(found, VerificationError)
    assert error.message == found.message
    assert 0 == store.still_open


def test_a_first_load_without_an_answer_uses_the_pair_with_one_warning(store, check) -> None:
    """An outage of the exchange must not keep a bot from starting."""
    check.error = silent()
    with pytest.warns(CredentialsWarning, match=r"held:a: the pair is used, but .* HTML") as found:
        for _ in range(2):
            load_credentials("held:a", live=True, verify=check).close()
    assert 1 == len(found)


def test_a_first_load_without_an_answer_fails_if_that_is_asked_for(store, check) -> None:
    """As unavailable, which is worth another try."""
    check.error, check.when_unreachable = silent(), "refuse"
    assert isinstance(
        caught(load_credentials, "held:a", live=True, verify=check), ProviderUnavailableError
    )


# a rotation


def test_a_refused_pair_is_told_with_its_sentence_and_the_old_one_goes_on(
    store, live, check, told
) -> None:
    """Whatever the new key lacks, the bot trades."""
    first, check.error = live.current, refused()
    store.put("a")
    assert isinstance(caught(live.refresh), VerificationError)
    assert first is live.current
    told.wait_kind(Kind.FAILED)
    assert "the key may withdraw, which the policy forbids." in told.values[0].message
    assert "rejected" == live.status().error


@pytest.mark.parametrize("error", [undecided(), silent()])
def test_an_undecided_pair_is_tried_again_and_swapped_by_itself(
    store, clock, live, check, told, error
) -> None:
    """Also where the source has nothing new to say by then."""
    first, check.error = live.current, error
    fields = store.put("a")
    assert isinstance(caught(live.refresh), CredentialsError)
    told.wait_kind(Kind.UNDECIDED)
    assert (first, "undecided") == (live.current, live.status().error)
    for _ in range(3):
        passes(live, clock, check, 60)
    check.error = None
    clock.advance(60)
    told.wait_kind(Kind.ROTATED)
    assert fields["api_key"] == live.current.api_key.reveal()
    assert [Kind.UNDECIDED, Kind.RECOVERED, Kind.ROTATED] == told.kinds


def test_an_undecided_pair_lets_the_old_one_never_expire(store, clock, live, check, told) -> None:
    """For as long as the source answers."""
    first, check.error = live.current, undecided()
    store.put("a")
    caught(live.refresh)
    for _ in range(8):
        passes(live, clock, check, 1200)
    assert first is live.current
    assert Kind.EXPIRED not in told.kinds


def test_what_is_rejected_while_the_newer_pair_is_undecided_waits(store, live, check) -> None:
    """The next check may let the newer pair in; giving up would be too early."""
    first, check.error = live.current, undecided()
    store.put("a")
    decision = live.report_rejection(-2015, used=first)
    assert (Action.WAIT, first) == (decision.action, decision.credentials)
    assert 0 < decision.wait_seconds <= 60
    assert "newer pair" in decision.reason


# what the exchange says of a pair


def test_what_the_exchange_says_outlives_a_new_version_of_the_same_pair(store, live, check) -> None:
    """Its date wins over that of the store."""
    created = live.current.created_at
    assert created is not None
    store.put("a", store.secrets["a"][1])
    renewed = live.refresh()
    assert ("2", created) == (renewed.version, renewed.created_at)
    assert 1 == len(check.asked)


@pytest.mark.parametrize(
    ("error", "is_back"), [(None, True), (undecided(), True), (silent(), True), (refused(), False)]
)
def test_a_pair_is_rolled_back_to_unless_the_exchange_refuses_it(
    store, live, check, error, is_back
) -> None:
    """It is asked now, whatever it said hours ago; what it leaves open refuses nothing."""
    first = live.current
    store.put("a")
    newest = live.refresh()
    check.errors[first.api_key.reveal()] = error
    live.report_rejection(-2015, used=newest)
    assert (first if is_back else newest) is live.current
    assert 1 == check.examined
