"""Pairs are proven at the exchange before they become current, and again while they are."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from live_support import Told, inside
from scripted_check import CREATED, ScriptedCheck, refused, silent, undecided
from support import caught
from waiting import PATIENCE, wait_for

from binance_creds import CredentialsWarning, RefreshPolicy, load_credentials
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    VerificationError,
)
from binance_creds.live import Action, Kind, Proof
from binance_creds.live.run import _checks
from binance_creds.live.run._engine import ENGINE

SLOW = RefreshPolicy(poll="30m", ttl="45m")
AGES = {Kind.ROTATE_SOON, Kind.ROTATE_NOW, Kind.TRADING_ENDS, Kind.TRADING_ENDED}


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


# again while it is current

DAY = 86_400.0


def asks_again(live, clock, check) -> None:
    """Let a day pass, and wait until the exchange has answered."""
    asked = check.examined
    clock.advance(DAY)
    wait_for(lambda: check.examined > asked)
    wait_for(lambda: not inside(live).machine.proving.is_checking)


@pytest.mark.parametrize("version", ["", "?version=1"])
def test_what_is_current_is_proven_again_every_day(store, clock, check, told, version) -> None:
    """Also where the source is pinned; that it lost a right is told, and it goes on."""
    options = {"live": True, "refresh": RefreshPolicy(poll="20h", ttl="20h", max_stale="9d")}
    with load_credentials(f"held:a{version}", verify=check, **options) as live:
        live.on_event(told)
        first = live.current
        assert Proof.ACCEPTED is live.status().proof
        asks_again(live, clock, check)
        check.error = refused("the key has no list of addresses, which the policy requires.")
        asks_again(live, clock, check)
        told.wait_kind(Kind.REFUSED)
        assert "it stays in use: the key has no list" in told.values[-1].message
        status = live.status()
        assert first is live.current
        assert (Proof.REFUSED, check.error.message) == (status.proof, status.proof_problem)
        assert "refused by the exchange: the key has no list" in str(status)
        check.error = None
        asks_again(live, clock, check)
        told.wait_kind(Kind.PROVEN)
        assert Proof.ACCEPTED is live.status().proof


def test_a_pair_that_was_used_unproven_is_reported_when_it_is_refused(
    store, clock, check, told
) -> None:
    """It is asked about soon after the first load."""
    check.error = silent("nobody answers.")
    with pytest.warns(CredentialsWarning, match="nobody answers"):
        live = load_credentials("held:a", live=True, refresh=SLOW, verify=check)
    with live:
        live.on_event(told)
        assert Proof.UNDECIDED is live.status().proof
        check.error = refused()
        clock.advance(5)
        told.wait_kind(Kind.REFUSED)
        assert live.current


def test_what_the_exchange_says_later_is_in_the_credentials(store, clock, live, check) -> None:
    """As the end of its right to trade, which it told nobody at first."""
    check.found["trading_ends_at"] = ends = datetime(2030, 1, 1, tzinfo=UTC)
    first = live.current
    asks_again(live, clock, check)
    wait_for(lambda: live.current.trading_ends_at == ends)
    assert ends == live.status().trading_ends_at
    assert first.signer is live.current.signer


@pytest.mark.parametrize("name", ["examine", "notes"])
def test_a_check_that_breaks_is_one_without_an_answer(
    store, clock, live, check, told, name, monkeypatch
) -> None:
    """A defect of a third party must not end the checks."""

    def breaks(*_) -> None:
        raise ValueError("a defect")

    with monkeypatch.context() as defect:
        defect.setattr(check, name, breaks)
        clock.advance(DAY)
        told.wait_kind(Kind.UNPROVEN)
    assert "the check failed (ValueError)" in told.values[-1].message
    asks_again(live, clock, check)
    told.wait_kind(Kind.PROVEN)


def test_a_handle_that_is_gone_meanwhile_has_nothing_to_ask(store, live, check) -> None:
    """Its check went with it."""
    prover = inside(live).prover
    prover.verifier = lambda: None
    assert prover.examined(live.current).code is None
    assert [] == check.asked[1:]


# on request


@pytest.mark.parametrize("is_async", [False, True])
def test_it_is_asked_on_request(store, live, check, told, is_async) -> None:
    """The answer is in the status as well, and the pair stays."""

    def verify():
        return asyncio.run(live.averify()) if is_async else live.verify()

    assert live.current is verify()
    check.error = refused()
    assert isinstance(caught(verify), VerificationError)
    told.wait_kind(Kind.REFUSED)
    check.error = silent()
    assert isinstance(caught(verify), ProviderUnavailableError)
    assert (Proof.REFUSED, 3) == (live.status().proof, check.examined)


def test_without_a_check_there_is_nothing_to_ask_on_request(store) -> None:
    """A function of the user's is called."""
    pairs: list = []
    with load_credentials("held:a", live=True, verify=pairs.append) as live:
        assert [live.current] * 2 == [*pairs, live.verify()]
        assert 2 == len(pairs)
        assert live.status().proof is None
    with load_credentials("held:a", live=True) as live:
        assert isinstance(caught(live.verify), ConfigurationError)


# dates


def test_a_key_that_grows_old_is_told_in_events_log_and_status(
    store, clock, check, told, caplog
) -> None:
    """Once, with the date."""
    clock.set_wall(CREATED.timestamp())
    check.policy = SimpleNamespace(rotation_days=30)
    check.found["trading_ends_at"] = CREATED + timedelta(days=60)
    caplog.set_level("INFO")
    options = {"live": True, "refresh": RefreshPolicy(poll="9d", ttl="9d", max_stale="90d")}
    with load_credentials("held:a", verify=check, **options) as live:
        live.on_event(told)
        for _ in range(61):
            asks_again(live, clock, check)
        assert {
            Kind.ROTATE_SOON: 1, Kind.ROTATE_NOW: 1, Kind.TRADING_ENDS: 2, Kind.TRADING_ENDED: 1,
        } == Counter(one.kind for one in told.values if one.kind in AGES)  # fmt: skip
        assert "rotate by 2026-12-01, trading ends 2026-12-31" in str(live.status())
    assert ENGINE.log.flush(PATIENCE)
    assert "the key was to be rotated by 2026-12-01" in caplog.text
    assert "right to trade ends at 2026-12-31 00:00 UTC" in caplog.text


def test_a_check_that_hangs_ends_at_the_deadline(store, live, check) -> None:
    """As one without an answer."""
    inside(live).prover.timeout_seconds = 0.1
    check.gate.clear()
    error = caught(live.verify)
    check.gate.set()
    assert isinstance(error, ProviderUnavailableError)
    assert "the exchange could not be asked" in error.message


def test_a_check_without_a_thread_waits_for_a_later_turn(monkeypatch) -> None:
    """Nothing is lost by it."""
    answers, threads = [], []
    checks = _checks.Checks(lambda subject, verdict: answers.append(verdict))
    subject = SimpleNamespace(prover=SimpleNamespace(examined=lambda pair: pair))
    monkeypatch.setattr(_checks, "spawn", lambda call, _: threads.append(call) or len(threads) > 1)
    checks.add(subject, "pair")
    checks.hand_out()
    checks.hand_out()
    threads[1]()
    assert ["pair"] == answers
