"""Live credentials: always the newest good pair, whoever asks, whatever the source does."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from live_support import Told, answers_of, down, inside, pair, settle_threads
from support import caught, token
from waiting import PATIENCE, wait_for

from binance_creds import (
    Credentials,
    LiveCredentials,
    RefreshPolicy,
    aload_credentials,
    load_credentials,
)
from binance_creds.errors import (
    AccessDeniedError,
    ClosedError,
    ConfigurationError,
    CredentialsExpiredError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
    ThrottledError,
    VerificationError,
)
from binance_creds.live import Kind, State
from binance_creds.live import _handle as _live
from binance_creds.live.run._engine import ENGINE
from binance_creds.testing import assert_no_leak

STEADY = RefreshPolicy(ttl=60, poll=30, max_stale=120, jitter=0)


def load_in_loop(*arguments, **options):
    return asyncio.run(aload_credentials(*arguments, **options))


BOTH = pytest.mark.parametrize("load", [load_credentials, load_in_loop], ids=["sync", "async"])


def refresh_in_loop(live, **options) -> Credentials:
    return asyncio.run(live.arefresh(**options))


REFRESHES = pytest.mark.parametrize(
    "refresh", [LiveCredentials.refresh, refresh_in_loop], ids=["sync", "async"]
)


# what a handle is


@BOTH
def test_a_handle_gives_what_the_source_holds(store, load) -> None:
    """Key, signer and signature of one pair; no pair before it; its repr is safe."""
    fields = store.put("a")
    with load("held:a", live=True) as live:
        assert isinstance(live, LiveCredentials)
        assert fields["api_key"] == live.current.api_key.reveal()
        assert live.current.sign(b"a=1") == live.sign(b"a=1") == live.signer.sign(b"a=1")
        assert live.previous is None
        assert "LiveCredentials(fresh, fingerprint=" in repr(live)
        assert "held:a" in repr(live)
        assert_no_leak(fields["api_secret"], live, live.status(), str(live.status()))


@BOTH
def test_a_first_load_that_fails_raises_as_a_plain_one(store, load) -> None:
    """And gives back what it opened."""
    before = len(ENGINE.driver.subjects)
    with pytest.raises(SecretNotFoundError):
        load("held:absent", live=True)
    assert 0 == store.still_open
    assert before == len(ENGINE.driver.subjects)


def test_a_refresh_swaps_both_halves_at_once(store) -> None:
    """The pair before stays for the overlap."""
    with load_credentials("held:a", live=True) as live:
        first, fields = live.current, store.put("a")
        assert live.refresh() is live.current
        assert fields["api_key"] == live.current.api_key.reveal()
        assert fields["api_secret"] == live.current.api_secret.reveal()
        assert first is live.previous
        assert "2" == live.status().version


def test_the_previous_pair_goes_after_the_overlap(store, clock) -> None:
    """To the second."""
    policy = RefreshPolicy(overlap=100, poll=1000, max_stale=2000, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        first = live.current
        store.put("a")
        live.refresh()
        clock.advance(99)
        assert first is live.previous
        clock.advance(1)
        wait_for(lambda: live.previous is None)


def test_a_closed_handle_serves_nothing(store) -> None:
    """Closing twice is fine; the status says closed; its providers are closed."""
    live = load_credentials("held:a", live=True)
    live.close()
    live.close()
    assert State.CLOSED is live.status().state
    assert live.previous is None
    for call in (lambda: live.current, live.refresh, lambda: refresh_in_loop(live)):
        with pytest.raises(ClosedError, match="closed"):
            call()
    with pytest.raises(ClosedError), live.hold():
        pass
    assert 0 == store.still_open


def test_a_closed_handle_promises_no_more_checks(store) -> None:
    live = load_credentials("held:a", live=True)
    live.close()
    assert live.status().next_check_seconds is None
    assert live.status().change_sources == ()


def test_a_reader_that_comes_as_it_is_served_again_is_served(store) -> None:
    """What it read a moment ago was nothing."""
    with load_credentials("held:a", live=True) as live:
        assert live._refused() is inside(live).machine.pairs.current
        inside(live).current = None  # between the two assignments of `serve`
        assert live.current is inside(live).machine.pairs.current


def test_an_async_context_closes(store) -> None:
    """As the plain one does."""

    async def main() -> LiveCredentials:
        async with await aload_credentials("held:a", live=True) as live:
            assert live.current
        return live

    assert State.CLOSED is asyncio.run(main()).status().state


@pytest.mark.parametrize("argument", ["refresh", "on_rotation"])
@BOTH
def test_arguments_of_live_credentials_need_live(store, load, argument) -> None:
    """They would do nothing."""
    value = RefreshPolicy() if argument == "refresh" else print
    with pytest.raises(ConfigurationError, match="are for live credentials"):
        load("held:a", **{argument: value})


@BOTH
def test_a_plan_that_is_wrong_is_refused_before_anything_is_read(store, load) -> None:
    """As for a plain load."""
    with pytest.raises(ConfigurationError):
        load("nothing://a", live=True)
    assert 0 == store.fetches


def test_a_push_source_that_is_wrong_leaves_nothing_behind(store) -> None:
    """The handle never was: no subject, no open provider."""
    with pytest.raises(ConfigurationError, match="no push source"):
        load_credentials("held:a", live=True, refresh=RefreshPolicy(push=["pigeon:x"]))
    assert not ENGINE.driver.subjects
    assert 0 == store.still_open


def test_a_sync_load_in_a_running_loop_says_so(store) -> None:
    """The loop stands still meanwhile."""

    async def main() -> None:
        with pytest.warns(CredentialsWarning, match="aload_credentials"):
            load_credentials("held:a", live=True).close()

    asyncio.run(main())


def test_sealed_credentials_stay_sealed(store) -> None:
    """Each new pair drops its text too, and the same pair is known for the same."""
    profiles = {"profiles": {"main": {"source": "held:a", "sealed": True}}}
    with load_credentials(profile="main", config=profiles, live=True) as live:
        told = Told()
        live.on_rotation(told)
        store.put("a", store.secrets["a"][1])  # rewritten, the same
        live.refresh()
        store.put("a")
        live.refresh()
        assert ["2", "3"] == [told.wait()[0].previous.version, live.current.version]
        assert live.current.api_secret is None
        assert live.sign(b"a=1") == live.current.sign(b"a=1")


def test_the_same_content_as_a_new_version_is_no_rotation(store) -> None:
    """The handle and its status name the new version, as a plain load does."""
    told = Told()
    with load_credentials("held:a", live=True, on_rotation=told) as live:
        live.on_event(told)
        store.put("a", store.secrets["a"][1])
        assert "2" == live.refresh().version == live.status().version
        assert live.current is live.refresh()
        assert live.previous is None
        settle_threads()
        assert [] == told.values


def test_what_is_not_served_is_not_served_as_another_version_either(store, clock) -> None:
    """The handle serves again what the source confirms, with the version that it has now."""
    told = Told()
    with load_credentials("held:a", live=True, refresh=STEADY) as live:
        live.on_event(told)
        store.error = down()
        run_until(clock, told, Kind.EXPIRED)
        store.error = None
        store.put("a", store.secrets["a"][1])
        assert "2" == live.refresh().version


def test_the_environment_of_a_profile_is_kept(store) -> None:
    """A key for another one is refused, and the pair stays."""
    profiles = {"profiles": {"main": {"source": "held:a", "environment": "testnet"}}}
    store.put("a", pair() | {"environment": "testnet"})
    with load_credentials(profile="main", config=profiles, live=True) as live:
        first = live.current
        store.put("a", pair() | {"environment": "live"})
        with pytest.raises((VerificationError, MalformedSecretError, ConfigurationError)):
            live.refresh()
        assert first is live.current
        assert "testnet" == live.current.environment.value


def test_a_source_may_not_change_its_environment(store) -> None:
    """A running client cannot follow it: one event, and the pair stays."""
    told = Told()
    with load_credentials("held:a", live=True) as live:
        live.on_event(told)
        first = live.current
        store.put("a", pair() | {"environment": "testnet"})
        for _ in range(3):
            with pytest.raises(VerificationError, match="for testnet, the current for live"):
                live.refresh()
        assert first is live.current
        assert [Kind.FAILED] == [one.kind for one in told.wait()]


# verify


@BOTH
def test_a_verifier_that_refuses_the_first_pair_refuses_the_load(store, load) -> None:
    """Of what it raised only the class is told."""
    secret = store.put("a")["api_secret"]

    def verify(pair) -> None:
        raise ValueError(pair.api_secret.reveal())

    for is_live in (False, True):
        error = caught(load, "held:a", live=is_live, verify=verify)
        assert isinstance(error, VerificationError)
        assert "the verifier refused the pair (ValueError)." in str(error)
        assert_no_leak(secret, error)
    assert not ENGINE.driver.subjects


@BOTH
def test_a_verifier_sees_a_plain_load_too(store, load) -> None:
    """Cached or not; what it returns does not matter."""
    seen = []
    for _ in range(2):
        assert load("held:a", verify=seen.append) is seen[-1]
    assert seen[0] is seen[1]


@pytest.mark.parametrize("live", [False, True])
def test_a_coroutine_function_verifies_too(store, live) -> None:
    async def refuse(credentials) -> None:
        await asyncio.sleep(0)
        raise ValueError

    with pytest.raises(VerificationError, match=r"refused the pair \(ValueError\)"):
        load_credentials("held:a", live=live, verify=refuse)
    with pytest.raises(VerificationError, match=r"refused the pair \(ValueError\)"):
        load_in_loop("held:a", live=live, verify=refuse)


@pytest.mark.parametrize("live", [False, True])
def test_a_verifier_does_not_run_in_the_threads_of_loops(store, live) -> None:
    """It may ask the exchange, which blocks."""
    ran = []
    load_in_loop("held:a", live=live, verify=lambda _: ran.append(threading.current_thread()))
    assert ran
    assert threading.main_thread() not in ran


def test_without_a_verifier_nobody_can_tell(store) -> None:
    """Neither yes nor no."""
    with load_credentials("held:a", live=True) as live:
        assert inside(live).prover.verifies(live.current) is None


def test_a_verifier_that_refuses_a_new_pair_keeps_the_old(store, caplog) -> None:
    """One event however often it is tried; it is taken when it passes."""
    caplog.set_level(logging.INFO, "binance_creds.live")
    verdict = [None]

    def verify(pair) -> None:
        if verdict[0] is not None:
            raise verdict[0]

    told = Told()
    with load_credentials("held:a", live=True, verify=verify) as live:
        live.on_event(told)
        first = live.current
        secret = store.put("a")["api_secret"]
        verdict[0] = ZeroDivisionError(secret)
        for _ in range(3):
            with pytest.raises(VerificationError, match="ZeroDivisionError"):
                live.refresh()
        assert first is live.current
        assert "rejected" == live.status().error
        assert 3 == live.status().failures
        verdict[0] = None
        assert first is not live.refresh()
        told.wait_kind(Kind.ROTATED)
        assert [Kind.FAILED, Kind.RECOVERED, Kind.ROTATED] == told.kinds
        assert ENGINE.log.flush(PATIENCE)
        assert_no_leak(secret, caplog.text, *told.values, live.status())


def test_a_verifier_may_raise_our_own_errors(store) -> None:
    """They pass as they are."""
    verdict: list[Exception] = []

    def verify(pair) -> None:
        if verdict:
            raise verdict[0]

    with load_credentials("held:a", live=True, verify=verify) as live:
        verdict.append(AccessDeniedError("no trading.", source="held:a"))
        store.put("a")
        with pytest.raises(AccessDeniedError, match="no trading"):
            live.refresh()
        subject = inside(live)
        assert subject.prover.verifies(live.current) is None
        verdict[0] = VerificationError("wrong.")
        assert subject.prover.verifies(live.current) is False
        verdict.clear()
        assert subject.prover.verifies(live.current) is True


# refresh


@REFRESHES
def test_a_refresh_returns_what_was_found_after_the_call(store, refresh) -> None:
    """A fetch that began before it does not count."""
    with load_credentials("held:a", live=True) as live, ThreadPoolExecutor(2) as pool:
        store.hang()
        older = pool.submit(live.refresh)
        assert store.entered.wait(PATIENCE)
        newer = pool.submit(refresh, live)
        wait_for(lambda: len(inside(live).waiters) == 2)
        before = store.fetches
        fields = store.put("a")
        store.gate.set()
        older.result(PATIENCE)
        assert fields["api_key"] == newer.result(PATIENCE).api_key.reveal()
        assert before + 1 == store.fetches


@REFRESHES
def test_a_refresh_that_fails_raises_and_keeps_the_pair(store, refresh) -> None:
    """Each caller gets an error object of its own."""
    with load_credentials("held:a", live=True) as live:
        first = live.current
        store.error = down()
        errors = [caught(refresh, live) for _ in range(2)]
        assert {ProviderUnavailableError} == {type(error) for error in errors}
        assert errors[0] is not errors[1]
        assert first is live.current
        assert "unavailable" == live.status().error
        store.error = None
        assert first is refresh(live)
        assert live.status().error is None


@REFRESHES
def test_a_refresh_waits_no_longer_than_told(store, refresh) -> None:
    """The fetch goes on and its result is taken."""
    with load_credentials("held:a", live=True) as live:
        store.hang()
        store.put("a")
        first = live.current
        with pytest.raises(ProviderUnavailableError, match="time was up"):
            refresh(live, timeout_seconds=0.01)
        assert not inside(live).waiters
        assert first is live.current
        store.gate.set()
        wait_for(lambda: live.current is not first)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
@REFRESHES
def test_a_limit_of_a_refresh_is_a_positive_number(store, refresh, seconds) -> None:
    """Refused before anything is asked."""
    with load_credentials("held:a", live=True) as live:
        before = store.fetches
        with pytest.raises(ConfigurationError):
            refresh(live, timeout_seconds=seconds)
        assert not inside(live).waiters
        assert before == store.fetches


@REFRESHES
def test_closing_ends_a_waiting_refresh(store, refresh) -> None:
    """At once; the provider is closed by the thread that is inside."""
    live = load_credentials("held:a", live=True)
    store.hang()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refresh, live)
        assert store.entered.wait(PATIENCE)
        wait_for(lambda: inside(live).waiters)
        live.close()
        with pytest.raises(ClosedError):
            waiting.result(PATIENCE)
        assert 1 == store.still_open
        store.gate.set()
        wait_for(lambda: store.still_open == 0)


def test_threads_and_tasks_together_make_two_calls_at_most(store) -> None:
    """A hundred of each, at once."""
    with load_credentials("held:a", live=True) as live:
        store.hang()
        before = store.fetches

        async def main() -> list[Credentials]:
            return await asyncio.gather(*(live.arefresh() for _ in range(100)))

        with ThreadPoolExecutor(101) as pool:
            tasks = pool.submit(asyncio.run, main())
            waiting = [pool.submit(live.refresh) for _ in range(100)]
            wait_for(lambda: len(inside(live).waiters) == 200 and ENGINE.loop.is_idle)
            fields = store.put("a")
            store.gate.set()
            found = [*tasks.result(PATIENCE), *(one.result(PATIENCE) for one in waiting)]
        assert {fields["api_key"]} == {one.api_key.reveal() for one in found}
        assert store.fetches - before <= 2
        assert 1 == store.most_inside


def test_a_cancelled_task_strands_nobody(store) -> None:
    """Others that wait for the same fetch get it."""
    with load_credentials("held:a", live=True) as live:
        store.hang()

        async def main() -> Credentials:
            leader, follower = (asyncio.create_task(live.arefresh()) for _ in range(2))
            while not store.entered.is_set():
                await asyncio.sleep(0)
            leader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leader
            store.gate.set()
            return await follower

        assert asyncio.run(main()) is live.current
        assert not inside(live).waiters


def test_two_loops_in_two_threads_share_a_handle(store) -> None:
    """Each is woken in its own."""
    with load_credentials("held:a", live=True) as live:
        store.put("a")

        async def main() -> list[Credentials]:
            return [await live.arefresh() for _ in range(20)]

        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(asyncio.run, main()) for _ in range(2)]
            found = [one for run in runs for one in run.result(PATIENCE)]
        assert {live.current} == set(found)


def test_a_loop_that_closed_meanwhile_harms_nobody(store) -> None:
    """What would wake its task finds it gone."""
    with load_credentials("held:a", live=True) as live:
        store.hang()
        loop = asyncio.new_event_loop()
        task = loop.create_task(live.arefresh())
        loop.run_until_complete(asyncio.sleep(0))
        assert store.entered.wait(PATIENCE)
        task._log_destroy_pending = False
        coroutine = task.get_coro()
        loop.close()
        store.gate.set()
        assert live.current is live.refresh()
        coroutine.close()
        del task
        gc.collect()


def test_a_reader_never_waits_for_a_fetch(store) -> None:
    """A thousand reads while the store hangs."""
    with load_credentials("held:a", live=True) as live, ThreadPoolExecutor(1) as pool:
        store.hang()
        waiting = pool.submit(live.refresh)
        assert store.entered.wait(PATIENCE)
        assert State.REFRESHING is live.status().state
        assert {live.current} == {live.current for _ in range(1000)}
        store.gate.set()
        waiting.result(PATIENCE)


def test_a_defect_of_a_provider_is_an_unavailable_source(store) -> None:
    """Also one that would end the thread; only its class is told."""
    with load_credentials("held:a", live=True) as live:
        for defect in (ZeroDivisionError("x"), SystemExit("x")):
            store.error = defect
            error = caught(live.refresh)
            assert isinstance(error, ProviderUnavailableError)
            assert f"the read failed ({type(defect).__name__})." in str(error)
        store.error = None
        assert live.refresh() is live.current


# time


def run_until(clock, told, kind, step=10.0) -> None:
    """Let time pass in steps until a transition was told."""
    for _ in range(1000):
        if kind in told.kinds:
            return
        clock.advance(step)
        wait_for(lambda: ENGINE.driver.looks_at > clock(), "the tick")
        wait_for(lambda: not any(one.machine.is_fetching for one in list(ENGINE.driver.subjects)))
    raise AssertionError(told.kinds)


def test_past_max_stale_it_is_not_served_until_the_source_answers(store, clock) -> None:
    """Stale first, still served; then expired; then back."""
    told = Told()
    with load_credentials("held:a", live=True, refresh=STEADY) as live:
        live.on_event(told)
        first = live.current
        store.error = down()
        run_until(clock, told, Kind.STALE)
        assert first is live.current
        assert State.STALE is live.status().state
        run_until(clock, told, Kind.EXPIRED)
        error = caught(lambda: live.current)
        assert isinstance(error, CredentialsExpiredError)
        assert "the store is down" in str(error)
        assert State.EXPIRED is live.status().state
        with pytest.raises(CredentialsExpiredError), live.hold():
            pass
        assert {} == inside(live).machine.pairs.holds
        store.error = None
        run_until(clock, told, Kind.RECOVERED)
        assert first is live.current
        told.wait(4)
        assert [Kind.FAILED, Kind.STALE, Kind.EXPIRED, Kind.RECOVERED] == told.kinds


def test_a_hanging_store_expires_too(store, clock) -> None:
    """Nothing failed, and nothing answered: the message claims no more."""
    told = Told()
    policy = RefreshPolicy(ttl=5, poll=5, max_stale=10, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        live.on_event(told)
        store.hang()
        clock.advance(6)
        assert store.entered.wait(PATIENCE)
        clock.advance(10)
        told.wait_kind(Kind.EXPIRED)
        with pytest.raises(CredentialsExpiredError, match=r"for max_stale\. Bring"):
            live.current
        store.gate.set()
        told.wait_kind(Kind.RECOVERED)
        assert live.current


def test_fifty_polls_of_a_store_that_is_down_make_one_line(store, clock, caplog) -> None:
    """And one event; then one of the recovery; nothing secret in any."""
    caplog.set_level(logging.INFO, "binance_creds.live")
    told, secret = Told(), store.secrets["a"][1]["api_secret"]
    policy = RefreshPolicy(ttl="3h", poll=30, max_stale="4h", jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        live.on_event(told)
        store.error = down()
        polls = store.fetches + 50
        while store.fetches < polls:
            clock.advance(61)
            wait_for(lambda: ENGINE.driver.looks_at > clock())
            wait_for(lambda: not inside(live).machine.is_fetching)
        assert 50 <= live.status().failures
        assert ENGINE.log.flush(PATIENCE)
        assert ["WARNING"] == [record.levelname for record in caplog.records]
        assert "the refresh failed; the current pair stays: the store is down." in caplog.text
        store.error = None
        run_until(clock, told, Kind.RECOVERED)
        wait_for(lambda: len(caplog.records) == 2)
        assert [Kind.FAILED, Kind.RECOVERED] == told.kinds
        shown = [str(live.status()), live.status(), repr(live), caplog.text, *told.values]
        assert_no_leak(secret, *shown)
        assert "held:a" in caplog.text
        assert live.current.fingerprint in caplog.text


def test_a_storm_of_reads_of_a_store_that_is_down_asks_it_at_its_pause(store, clock) -> None:
    """A thousand reads make no fetch."""
    with load_credentials("held:a", live=True, refresh=STEADY) as live:
        store.error = down()
        caught(live.refresh)
        before = store.fetches
        for _ in range(1000):
            assert live.current
        assert before == store.fetches


def test_a_store_that_says_when_is_asked_then(store, clock) -> None:
    """Retry-After is kept, up to the longest pause."""
    policy = RefreshPolicy(ttl=600, poll=1, max_stale=1200, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        store.error = ThrottledError("slow down.", retry_after_seconds=45)
        caught(live.refresh)
        assert 45 == live.status().next_check_seconds
        assert "1 failures in a row, the last: resource_exhausted" in str(live.status())


@pytest.mark.parametrize("error", [AccessDeniedError("no."), SecretNotFoundError("gone.")])
def test_denied_or_deleted_is_confirmed_once_and_stops(store, error) -> None:
    """After a fresh login; the answer of the source is what readers get."""
    told = Told()
    with load_credentials("held:a", live=True) as live:
        live.on_event(told)
        first = live.current
        store.error = error
        caught(live.refresh)
        assert first is live.current
        assert 0 == store.logins
        caught(live.refresh)
        assert 1 == store.logins
        assert State.FAILED is live.status().state
        with pytest.raises(type(error)) as raised:
            live.current
        assert raised.value is not error
        store.error = None
        live.refresh()
        assert first is live.current
        told.wait(3)
        assert [Kind.FAILED, Kind.DENIED, Kind.RECOVERED] == told.kinds


def test_denied_is_served_on_where_the_policy_says_so(store) -> None:
    """With the alarm."""
    told = Told()
    policy = RefreshPolicy(on_denied="keep")
    with load_credentials("held:a", live=True, refresh=policy) as live:
        live.on_event(told)
        store.error = AccessDeniedError("no.")
        for _ in range(4):
            caught(live.refresh)
        assert live.current
        told.wait_kind(Kind.DENIED)
        assert [Kind.FAILED, Kind.DENIED] == told.kinds


def test_the_policy_shows_in_the_status(store, clock) -> None:
    """The next check, how it is noticed, and the age."""
    policy = RefreshPolicy(ttl=600, poll="40s", max_stale=1200, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        clock.advance(10)
        status = live.status()
        assert (State.FRESH, 10.0, "1") == (status.state, status.age_seconds, status.version)
        assert 30.0 == status.next_check_seconds
        assert ("poll",) == status.change_sources
        assert live.current.fingerprint == status.fingerprint
        assert (
            f"fresh, confirmed 10 s ago, version 1, fingerprint {status.fingerprint}, by poll,"
            " next check in 30 s" == str(status)
        )


def test_a_profile_gives_the_policy(store, clock) -> None:
    """An argument wins over it."""
    profiles = {"profiles": {"main": {"source": "held:a", "refresh": {"poll": "7s", "jitter": 0}}}}
    with load_credentials(profile="main", config=profiles, live=True) as live:
        assert 7.0 == live.status().next_check_seconds
    with load_credentials(profile="main", config=profiles, live=True, refresh=STEADY) as live:
        assert 30.0 == live.status().next_check_seconds


def test_a_poll_notices_a_rotation(store, clock) -> None:
    """Nobody asks; and an unchanged version is not read again."""
    told = Told()
    with load_credentials("held:a", live=True, refresh=STEADY, on_rotation=told) as live:
        clock.advance(30)
        wait_for(lambda: store.fetches == 2)
        wait_for(lambda: not inside(live).machine.is_fetching)
        fields = store.put("a")
        clock.advance(30)
        (rotation,) = told.wait()
        assert fields["api_key"] == rotation.current.api_key.reveal()
        assert datetime.fromtimestamp(clock.wall(), UTC) == rotation.at


def test_polls_are_denser_around_the_date_that_the_store_tells(store, clock) -> None:
    """By the store's own date, in either direction; far from it they are as told."""
    policy = RefreshPolicy(ttl=600, poll=60, max_stale=1200, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        for minutes, expected in ((5, 10), (-5, 10), (60, 60)):
            now = datetime.now(UTC)
            store.next_rotation_at = now + timedelta(minutes=minutes)
            live.refresh()
            assert expected == live.status().next_check_seconds


def test_a_pinned_source_is_not_polled(store, clock) -> None:
    """Its status says so, and it never expires; a refresh still reads it."""
    with load_credentials("held:a?version=1", live=True, refresh=STEADY) as live:
        clock.advance(100_000)
        status = live.status()
        assert (True, None, ()) == (
            status.is_pinned,
            status.next_check_seconds,
            status.change_sources,
        )
        assert State.FRESH is status.state
        assert "by nothing, no more checks" in str(status)
        assert 1 == store.fetches
        assert live.current is live.refresh()
        assert 2 == store.fetches


def test_a_new_pair_waits_for_the_swap_window(store, clock) -> None:
    """By the wall clock, in UTC; a reader sees the old one until then."""
    told = Told()
    clock.set_wall(datetime(2027, 1, 15, 0, 0, tzinfo=UTC).timestamp())
    policy = RefreshPolicy(
        ttl="24h", max_stale="48h", poll="12h", jitter=0, swap_window="02:00-02:30 UTC"
    )
    with load_credentials("held:a", live=True, refresh=policy) as live:
        live.on_event(told)
        first = live.current
        store.put("a")
        assert first is live.refresh()
        assert State.HELD is live.status().state
        clock.advance(2 * 3600 - 1)
        wait_for(lambda: ENGINE.driver.looks_at > clock())
        assert first is live.current
        clock.advance(1)
        told.wait_kind(Kind.ROTATED)
        assert first is live.previous
        assert [Kind.PENDING, Kind.ROTATED] == told.kinds


def test_a_hold_keeps_one_pair_to_its_end(store) -> None:
    """Nested, and of one object entered twice; a swap follows the outermost."""
    with load_credentials("held:a", live=True) as live:
        hold = live.hold()
        with hold as first, live.hold() as second, hold as third:
            store.put("a")
            live.refresh()
            assert first is second is third is live.current
        assert first is live.previous

        async def main() -> None:
            async with live.hold() as held:
                store.put("a")
                await live.arefresh()
                assert held is live.current

        asyncio.run(main())
        assert {} == inside(live).machine.pairs.holds


def test_a_hold_ends_at_its_longest(store, clock) -> None:
    """With an event; its own end is then nothing."""
    told = Told()
    policy = RefreshPolicy(max_hold=5, poll=1000, max_stale=2000, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy) as live:
        live.on_event(told)
        with live.hold() as held:
            store.put("a")
            live.refresh()
            clock.advance(5)
            told.wait_kind(Kind.ROTATED)
            assert held is live.previous
        assert [Kind.PENDING, Kind.HOLD_ENDED, Kind.ROTATED] == told.kinds


def test_a_change_source_that_dies_and_returns_is_told_once(store) -> None:
    """Not each time that it fails."""
    told = Told()
    with load_credentials("held:a", live=True) as live:
        live.on_event(told)
        subject = inside(live)
        for alive in (False, True, True, False, False, True):
            if subject.changes.set_alive("queue", is_alive=alive):
                ENGINE.tell(subject, Kind.PUSH_BACK if alive else Kind.PUSH_LOST, down())
        assert ("queue", "poll") == live.status().change_sources
        told.wait(4)
        assert [Kind.PUSH_LOST, Kind.PUSH_BACK] * 2 == told.kinds


# many at once


def test_handles_of_one_store_are_read_in_batches(store, clock) -> None:
    """A rotation of one is found by the batch; the others stay as they are."""
    store.batch_key = "one account"
    lives = []
    for number in range(50):
        store.put(str(number))
        lives.append(load_credentials(f"held:{number}", live=True, refresh=STEADY))
    pairs = [live.current for live in lives]
    store.put("7")
    clock.advance(30)
    wait_for(lambda: sum(store.batches) == 50)
    wait_for(lambda: lives[7].current is not pairs[7])
    wait_for(lambda: not any(inside(live).machine.is_fetching for live in lives))
    assert len(store.batches) <= 2
    assert [i for i, live in enumerate(lives) if live.current is not pairs[i]] == [7]
    for live in lives:
        live.close()


def test_one_refresh_takes_along_what_is_due_soon(store, clock) -> None:
    """But not what failed: that has a pause of its own, and a login to renew."""
    store.batch_key = "one account"
    names = ["a", "b", "c"]
    store.put("b")
    policy = RefreshPolicy(ttl=600, poll=30, max_stale=1200, jitter=0)
    store.put("c")
    lives = [load_credentials(f"held:{name}", live=True, refresh=policy) for name in names]
    clock.advance(20)
    inside(lives[2]).machine.error = "permission_denied"
    lives[0].refresh()
    assert [2] == store.batches
    inside(lives[2]).machine.error = None
    for live in lives:
        live.close()


def test_what_was_announced_is_left_out_of_a_batch(store, clock) -> None:
    """It waits for its moment, and is then read by the version's name."""
    store.batch_key = "one account"
    store.put("b")
    policy = RefreshPolicy(ttl=600, poll=30, max_stale=1200, jitter=0)
    lives = [load_credentials(f"held:{name}", live=True, refresh=policy) for name in "ab"]
    subject = inside(lives[1])
    lives[1].refresh()
    fields = store.put("b")
    ENGINE.run(subject, lambda moment: subject.machine.ask(moment, announced="2"))
    lives[0].refresh()
    assert [] == store.batches
    clock.advance(1)
    wait_for(lambda: lives[1].current.api_key.reveal() == fields["api_key"])
    assert ["2"] == store.named
    for live in lives:
        live.close()


def test_a_batch_that_fails_fails_each_of_its_own(store, clock) -> None:
    """A typed error, or a defect; the pairs stay; afterwards all recover."""
    store.batch_key = "one account"
    store.put("b")
    policy = RefreshPolicy(ttl=6000, poll=30, max_stale=12000, jitter=0)
    lives = [load_credentials(f"held:{name}", live=True, refresh=policy) for name in "ab"]
    told = [Told() for _ in lives]
    for live, hook in zip(lives, told, strict=True):
        live.on_event(hook)
    for error in (down(), ZeroDivisionError("x")):
        store.error = error
        clock.advance(31)
        for hook in told:
            hook.wait_kind(Kind.FAILED)
        assert all(live.current for live in lives)
        store.error = None
        for live, hook in zip(lives, told, strict=True):
            live.refresh()
            hook.wait_kind(Kind.RECOVERED)
            hook.values.clear()
        wait_for(lambda: not any(inside(live).machine.is_fetching for live in lives))
    for live in lives:
        live.close()


@pytest.mark.parametrize(
    ("raised", "code"), [(ValueError, "rejected"), (SystemExit, "unavailable")]
)
def test_a_verifier_refuses_its_own_pair_of_a_batch(store, clock, raised, code) -> None:
    """The others are taken; also if it would end the thread, as `sys.exit()` in it does."""
    store.batch_key = "one account"
    store.put("b")
    bad: list[str] = []

    def verify(pair) -> None:
        if pair.api_key.reveal() in bad:
            raise raised

    policy = RefreshPolicy(ttl=6000, poll=30, max_stale=12000, jitter=0)
    lives = [
        load_credentials(f"held:{name}", live=True, refresh=policy, verify=verify) for name in "ab"
    ]
    first = lives[0].current
    bad.append(store.put("a")["api_key"])
    fields = store.put("b")
    clock.advance(31)
    wait_for(lambda: lives[1].current.api_key.reveal() == fields["api_key"])
    wait_for(lambda: lives[0].status().error == code)
    assert [2] == store.batches
    assert first is lives[0].current
    assert raised.__name__ in inside(lives[0]).machine.failure.message
    for live in lives:
        live.close()


def test_the_clocks_of_the_house_are_monotonic() -> None:
    """And count the time that the machine sleeps."""
    from binance_creds._time._clock import seconds

    readings = [seconds() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_handle_that_another_thread_resumes_is_not_watched_twice(store, monkeypatch) -> None:
    """In a forked child two threads may read first at the same time."""
    store.put("a")
    with load_credentials("held:a", live=True) as live:
        subject, pair = inside(live), live.current

        def resumed_meanwhile(one) -> bool:
            one.serve(None)
            return False

        monkeypatch.setattr(_live.ENGINE, "resume", resumed_meanwhile)
        monkeypatch.setattr(_live, "watch", lambda _: pytest.fail("watched twice"))
        subject.current, subject.refusal = None, "forked"
        assert live.current is pair


@pytest.mark.parametrize("use", ["refresh", "report_rejection"])
def test_a_call_that_blocks_a_running_loop_says_so(store, use) -> None:
    """Once, at the caller's line, with what to use; not where it answers at once."""
    from binance_creds.errors import CredentialsWarning
    from binance_creds.providers import memory

    def call(live):
        used = live.current
        return live.refresh() if use == "refresh" else live.report_rejection(-2015, used=used)

    async def main() -> None:
        with pytest.warns(CredentialsWarning) as seen:
            call(live)
        (warning,) = seen
        assert f"{use}() blocks the running event loop: use 'await a{use}()'." == str(
            warning.message
        )
        assert __file__ == warning.filename
        if use == "report_rejection":
            call(live)  # the answer stands
            live.report_rejection(429, used=live.current)
        call(quick)

    name = token()[:12]
    memory.register(name, pair())
    with (
        load_credentials("held:a", live=True, refresh=STEADY) as live,
        load_credentials(f"memory:{name}", live=True) as quick,
    ):
        call(live)
        if use == "report_rejection":
            answers_of(live)._given = None
        asyncio.run(main())
    memory.unregister(name)


@pytest.mark.parametrize(
    ("name", "written"), [("api_key", "api_key"), ("secret", "api_secret"), ("origin", "origin")]
)
def test_what_one_pair_has_is_read_from_a_snapshot(store, name, written) -> None:
    """Two readings of the handle may be of two pairs."""
    store.put("a")
    with load_credentials("held:a", live=True) as live:
        error = caught(getattr, live, name)
        assert AttributeError is type(error)
        assert f"`creds = live.current`, and read `creds.{written}`" in str(error)
        assert not hasattr(live, name)
        assert hasattr(live.current, written)
        assert TypeError is type(caught(copy.copy, live))
