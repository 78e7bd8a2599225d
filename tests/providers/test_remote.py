"""What all stores over the network share: retries, logins, silence, bounds."""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime

import pytest
from support import caught
from waiting import PATIENCE

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.errors import (
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
    ThrottledError,
)
from binance_creds.providers import Deadline, SourceURI
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._client_pool import CAPACITY, ClientPool
from binance_creds.providers.remote._error_row import NotReadyError
from binance_creds.providers.remote._provider import (
    diagnosis_of,
    refuse_partial_store,
    timeouts_of,
)
from binance_creds.providers.remote._quiet import quiet
from binance_creds.providers.remote._retries import with_retries
from binance_creds.testing import FakeClock


class Failing:
    """Fail as often as told, then give 'value'; the clock stands still but for sleep."""

    def __init__(self, *errors: Exception, seconds: float = 30) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.clock = FakeClock()
        self.deadline = Deadline(seconds, clock=self.clock)

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "value"

    def run(self) -> str:
        return with_retries(self, self.deadline, sleep=self.clock.sleep)


class TestRetries:
    def test_an_unavailable_store_is_asked_four_times(self) -> None:
        working = Failing(*[ProviderUnavailableError("x")] * 3)
        assert working.run() == "value"
        broken = Failing(*[ProviderUnavailableError("x")] * 9)
        assert isinstance(caught(broken.run), ProviderUnavailableError)
        assert (4, 4) == (working.calls, broken.calls)

    def test_what_is_not_ready_is_asked_until_the_deadline(self) -> None:
        """An agent that gives logins starts beside the program; its refusals are no attempts."""
        starting = Failing(*[NotReadyError("x")] * 20)
        assert starting.run() == "value"
        never = Failing(*[NotReadyError("x")] * 500)
        error = caught(never.run)
        assert not never.deadline.is_over
        assert never.calls > 20
        assert type(error.at("test:x")) is ProviderUnavailableError

    def test_nothing_else_is_asked_again(self) -> None:
        wrong = Failing(ConfigurationError("x"))
        assert isinstance(caught(wrong.run), ConfigurationError)
        assert wrong.calls == 1

    def test_a_store_that_says_how_long_is_obeyed(self) -> None:
        throttled = Failing(ThrottledError("x", retry_after_seconds=7))
        before = throttled.clock()
        assert throttled.run() == "value"
        assert throttled.clock() - before >= 7

    def test_no_pause_is_begun_that_outlasts_the_deadline(self) -> None:
        throttled = Failing(ThrottledError("x", retry_after_seconds=7), seconds=5)
        error = caught(throttled.run)
        assert error.retry_after_seconds == 7
        assert throttled.clock() == 0 or throttled.calls == 1


def test_a_request_has_the_time_that_is_left_and_some_at_least() -> None:
    """SDKs refuse a timeout of zero."""
    clock = FakeClock()
    deadline = Deadline(30, clock=clock)
    assert (5.0, 10.0) == timeouts_of(deadline)
    clock.sleep(28)
    assert (2.0, 2.0) == timeouts_of(deadline)
    clock.sleep(3)
    assert (0.001, 0.001) == timeouts_of(deadline)


def test_a_diagnosis_tells_what_probes_cost_in_a_month() -> None:
    found = diagnosis_of(("bot", {"get": True}), poll_seconds=30, dollars_a_request=0.01)
    assert ("bot", {"get": True}, 2880, 864.0) == found


def test_only_a_whole_current_secret_is_stored() -> None:
    whole, member = SourceURI.parse("vault://secret/bot"), SourceURI.parse("vault://secret/bot#a")
    refuse_partial_store(whole, is_current=True)
    for uri, is_current in ((member, True), (whole, False)):
        error = caught(refuse_partial_store, uri, is_current=is_current)
        assert type(error) is ConfigurationError
        assert "Leave out" in error.hint


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
def test_both_forms_of_retry_after_are_read(header, seconds) -> None:
    assert seconds == retry_after_seconds(header, now=NOW)


def test_a_date_is_measured_against_the_wall_clock() -> None:
    assert retry_after_seconds("Sat, 21 Nov 2020 12:00:30 GMT") == 0.0


class TestClientPool:
    def test_a_client_is_built_once_for_many_threads(self) -> None:
        pool, built, begin = ClientPool[object](), [], threading.Barrier(32)
        found = []

        def build() -> object:
            built.append(1)
            return object()

        def use() -> None:
            begin.wait()
            found.append(pool.get("store", build))

        threads = [threading.Thread(target=use) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(built) == 1
        assert len(set(map(id, found))) == 1

    def test_a_build_that_fails_is_tried_again(self) -> None:
        pool = ClientPool[str]()
        assert isinstance(caught(pool.get, "k", lambda: 1 / 0), ZeroDivisionError)
        assert pool.get("k", lambda: "client") == "client"

    def test_the_oldest_goes_first(self) -> None:
        pool = ClientPool[int]()
        for number in range(CAPACITY + 1):
            pool.get(number, lambda n=number: n)
        assert pool.get(0, lambda: -1) == -1
        assert pool.get(CAPACITY, lambda: -1) == CAPACITY

    def test_a_client_is_dropped_unless_it_is_new(self) -> None:
        clock = FakeClock()
        pool = ClientPool[str](clock=clock)
        assert pool.drop("k") is False
        pool.get("k", lambda: "old")
        assert pool.drop("k", built_before=clock()) is False
        clock.advance(1)
        assert pool.drop("k", built_before=clock()) is True
        assert pool.get("k", lambda: "new") == "new"
        pool.clear()
        assert pool.get("k", lambda: "newest") == "newest"

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_forked_child_starts_clean(self) -> None:
        pool = ClientPool[str]()
        pool.get("k", lambda: "parent")
        building, gate = threading.Event(), threading.Event()

        def build() -> str:
            building.set()
            gate.wait()
            return "late"

        pool.drop("k")
        thread = threading.Thread(target=pool.get, args=("k", build))
        thread.start()
        assert building.wait(PATIENCE)
        try:
            child = os.fork()
            if child == 0:
                os._exit(0 if pool.get("k", lambda: "child") == "child" else 1)
        finally:
            gate.set()
            thread.join()
        assert os.waitpid(child, 0)[1] == 0


class TestQuiet:
    def test_it_silences_one_thread_and_one_library(self, caplog) -> None:
        caplog.set_level(logging.DEBUG)
        sdk, other = logging.getLogger("some_sdk.inner"), logging.getLogger("mine")

        def elsewhere() -> None:
            sdk.debug("from another thread")

        with quiet("some_sdk"), quiet("some_sdk"):
            sdk.warning("body")
            other.debug("mine")
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        sdk.debug("after")
        assert ["mine", "from another thread", "after"] == [r.message for r in caplog.records]


def remote(**options) -> Remote:
    return Remote(
        SourceURI.parse(f"test:x{options.get('query', '')}"),
        loggers=(),
        translated=options.get("translated", lambda e: ProviderUnavailableError(type(e).__name__)),
        forget_login=options.get("forget_login", lambda _: False),
    )


class TestRemote:
    def test_an_error_is_translated_and_names_the_source(self) -> None:
        error = caught(remote().call, lambda: 1 / 0, Deadline(0.1))
        assert (error.message, error.source) == ("ZeroDivisionError", "test:x")
        assert "timeout_seconds" in error.hint
        assert error.__cause__ is None

    def test_a_refused_login_is_made_anew_once(self) -> None:
        calls = []

        def ask() -> str:
            calls.append(1)
            if len(calls) == 1:
                raise AuthenticationError("expired")
            return "value"

        assert remote(forget_login=lambda _: True).call(ask, Deadline(PATIENCE)) == "value"
        assert len(calls) == 2

    def test_a_new_login_that_is_refused_is_final(self) -> None:
        def ask() -> str:
            raise AuthenticationError("no", hint="log in")

        for had_one in (True, False):
            error = caught(
                remote(forget_login=lambda _, h=had_one: h).call, ask, Deadline(PATIENCE)
            )
            assert (error.code, error.hint) == ("unauthenticated", "log in")

    def test_what_an_attempt_failed_of_is_told_when_the_deadline_ends_the_next(self) -> None:
        """And not only that there was no answer in time."""
        release, calls = threading.Event(), iter(range(9))

        def ask() -> None:
            if next(calls) == 0:
                raise ProviderUnavailableError("the agent does not answer.")
            release.wait()

        error = caught(remote().call, ask, Deadline(0.5))
        release.set()
        assert "the agent does not answer." == error.message

    def test_two_stores_of_one_name_do_not_wait_for_each_other(self) -> None:
        """Their redacted sources are the same; one hangs."""
        release = threading.Event()
        caught(remote(query="?region=a").call, release.wait, Deadline(0.01))
        assert remote(query="?region=b").call(lambda: "value", Deadline(PATIENCE)) == "value"
        release.set()

    def test_what_never_answers_ends_at_the_deadline_and_leaks_one_thread_in_all(self) -> None:
        release = threading.Event()
        before = threading.active_count()
        it = remote()
        for _ in range(100):
            error = caught(it.call, release.wait, Deadline(0.01))
            assert isinstance(error, ProviderUnavailableError)
        assert threading.active_count() - before <= 1
        release.set()
