"""What `report_rejection` answers, and what it does to the pair."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from live_support import answers_of, inside
from scripted_store import asked, script
from support import build, caught, new_key, raw, token
from waiting import PATIENCE, beside, wait_for

from binance_creds import load_credentials
from binance_creds._refresh_policy import RefreshPolicy
from binance_creds.adapters.plain import sign_request
from binance_creds.errors import (
    ClosedError,
    ConfigurationError,
    CredentialsExpiredError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.live import Action, Kind
from binance_creds.live.run._engine import ENGINE
from binance_creds.testing import FakeExchange, assert_no_leak

CODES = (-2015, -2008, -1022, -2014)
every_code = pytest.mark.parametrize("code", CODES)


class Refused(Exception):
    """What a verifier raises."""


class Verifier:
    """Refuse the keys it was told to; wait for `gate` if there is one."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.gate: threading.Event | None = None
        self.entered = threading.Event()

    def __call__(self, pair) -> None:
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(10)
        if pair.api_key.reveal() in self.refused:
            raise Refused


class Bench:
    """A store, a live handle on it, and what the handle told."""

    def __init__(self, policy, verify) -> None:
        self.name = token()[:12]
        self.key = new_key()
        self.put(self.key)
        self.rotations, self.events = [], []
        self.live = load_credentials(
            f"scripted:{self.name}",
            live=True,
            refresh=RefreshPolicy(**{"poll": "30m"} | policy),
            verify=verify,
            on_rotation=self.rotations.append,
        )
        self.live.on_event(self.events.append)
        self.first = self.live.current
        self.put(self.key)

    def put(self, what) -> None:
        """Let the store hold a key, or raise; and count reads from here."""
        is_error = isinstance(what, Exception)
        script({self.name: what if is_error else raw(f"scripted:{self.name}", **what.fields())})

    @property
    def reads(self) -> int:
        return asked.count(self.name)

    def rotate(self, key=None):
        """Rotate to a key, and count reads from there."""
        key = key or new_key()
        self.put(key)
        current = self.live.refresh()
        assert key.api_key == current.api_key.reveal()
        self.put(key)
        return current

    def reject(self, used, code=-2015):
        return self.live.report_rejection(code, used=used)

    def areject(self, used, code=-2015):
        return self.live.areport_rejection(code, used=used)

    def forget_the_answer(self) -> None:
        answers_of(self.live)._given = None


@contextmanager
def bench(verify=None, **policy):
    made = Bench(policy, verify)
    try:
        yield made
    finally:
        made.live.close()


# what was left is no worse than any other once its owner stores it again


def test_a_pair_that_was_rolled_back_from_is_taken_when_it_is_stored_again() -> None:
    """After another one: the status named the old version, and the pair was ignored for good."""
    with bench() as b:
        second, third = new_key(), new_key()
        b.rotate(second)
        b.rotate(third)
        assert Action.RETRY is b.reject(b.live.current).action
        assert (second.api_key, True) == (
            b.live.current.api_key.reveal(),
            b.live.status().is_rolled_back,
        )
        b.put(second)
        b.live.refresh()
        assert not b.live.status().is_rolled_back
        b.rotate(third)
        wait_for(lambda: len(b.rotations) == 4)
        assert [Kind.ROTATED, Kind.ROTATED, Kind.ROLLED_BACK, Kind.ROTATED] == [
            one.reason for one in b.rotations
        ]


# the current pair is rejected


@every_code
def test_a_newer_pair_in_the_source_is_the_answer(code) -> None:
    """With one read."""
    with bench() as b:
        new = new_key()
        b.put(new)
        decision = b.reject(b.first, code)
        assert (Action.RETRY, 1) == (decision.action, b.reads)
        assert decision.credentials is b.live.current is not b.first
        assert new.api_key == decision.credentials.api_key.reveal()
        assert "newer" in decision.reason


@pytest.mark.parametrize(
    ("code", "word"),
    [(-2015, "permission"), (-2015, "IP address"), (-2008, "another environment"),
     (-1022, "the secret does not belong to the key"), (-2014, "malformed")],
)  # fmt: skip
def test_the_same_material_again_is_given_up(code, word) -> None:
    """With one read, and a reason that says what is left."""
    with bench() as b:
        decision = b.reject(b.first, code)
        assert (Action.GIVE_UP, 1) == (decision.action, b.reads)
        assert decision.credentials is b.first is b.live.current
        assert word in decision.reason
        assert str(code) in decision.reason
        assert ("a swapped key and secret look the same" in decision.reason) is (code != -2014)
        assert [] == b.rotations


def test_an_unchanged_version_is_the_same_material() -> None:
    """A store that compares versions sends no fields again."""
    from binance_creds.providers import memory

    name = token()[:12]
    memory.register(name, new_key().fields())
    with load_credentials(f"memory:{name}", live=True) as live:
        used = live.current
        assert live.report_rejection(-2015, used=used).action is Action.GIVE_UP
    memory.unregister(name)


def test_an_older_pair_gets_the_current_one() -> None:
    """Without a read: the rotation has been."""
    with bench() as b:
        new = b.rotate()
        decision = b.reject(b.first)
        assert (Action.RETRY, 0) == (decision.action, b.reads)
        assert decision.credentials is new
        assert b.reject(build(**new_key().fields())).credentials is new


def test_an_equal_pair_counts_as_the_current() -> None:
    """Such as one that was loaded without `live`."""
    with bench() as b:
        equal = build(**b.key.fields())
        assert b.reject(equal) == b.reject(b.first)
        assert b.reads == 1


@pytest.mark.parametrize("is_held", [True, False], ids=["hold", "window"])
def test_a_pending_pair_is_current_at_once(is_held) -> None:
    """Neither a hold nor the window keeps a dead key, and nothing is read."""
    shut = (datetime.now(UTC) + timedelta(days=3)).strftime("%a")
    policy = {} if is_held else {"swap_window": f"{shut} 02:00-02:30 UTC"}
    with bench(**policy) as b, b.live.hold() if is_held else nullcontext():
        b.put(new_key())
        assert b.live.refresh() is b.first
        reads = b.reads
        decision = b.reject(b.first)
        assert (Action.RETRY, reads) == (decision.action, b.reads)
        assert decision.credentials is b.live.current is not b.first
        assert "pending" in decision.reason


def test_a_pair_that_is_read_in_a_hold_is_current_at_once() -> None:
    """For the same reason."""
    with bench() as b, b.live.hold():
        b.put(new_key())
        decision = b.reject(b.first)
        assert (Action.RETRY, 1) == (decision.action, b.reads)
        assert decision.credentials is b.live.current is not b.first


@pytest.mark.parametrize(
    ("error", "code"),
    [(ProviderUnavailableError("down."), "unavailable"),
     (SecretNotFoundError("gone."), "not_found"), (KeyError("defect"), "unavailable")],
)  # fmt: skip
def test_a_source_that_fails_is_named_and_the_pair_stays(error, code) -> None:
    """Also while a previous pair is there: nothing was learned."""
    with bench() as b:
        new = b.rotate()
        b.put(error)
        decision = b.reject(new)
        assert (Action.GIVE_UP, 1) == (decision.action, b.reads)
        assert (new, new) == (decision.credentials, b.live.current)
        assert f"({code})" in decision.reason
        assert "(-2015)" in decision.reason


def test_a_newer_pair_that_the_verifier_refuses_is_no_answer() -> None:
    """It does not become current, and the one that is rejected stays."""
    verify = Verifier()
    with bench(verify) as b:
        lie = new_key()
        b.put(lie)
        verify.refused.add(lie.api_key)
        decision = b.reject(b.first)
        assert (Action.GIVE_UP, 1) == (decision.action, b.reads)
        assert "refused too" in decision.reason


# roll back


@pytest.mark.parametrize("verify", [None, Verifier()], ids=["no verifier", "accepted"])
def test_a_rejected_new_pair_is_rolled_back(verify, caplog) -> None:
    """With an event, a hook and a warning; and polls do not bring it back."""
    with bench(verify) as b, caplog.at_level(logging.INFO, logger="binance_creds.live"):
        new = b.rotate()
        decision = b.reject(new)
        assert (Action.RETRY, 1) == (decision.action, b.reads)
        assert decision.credentials is b.live.current is b.first
        assert "rolled back" in decision.reason
        for _ in range(50):
            assert b.live.refresh() is b.first
        assert b.live.previous is None
        wait_for(lambda: len(b.rotations) == 2)
        rotation = b.rotations[1]
        assert (new, b.first, Kind.ROLLED_BACK) == rotation[:3]
        wait_for(lambda: len(b.events) == 2)
        assert [Kind.ROTATED, Kind.ROLLED_BACK] == [event.kind for event in b.events]
        assert ENGINE.log.flush(PATIENCE)
        assert 1 == sum("rolled back" in record.getMessage() for record in caplog.records)


def test_a_verifier_that_refuses_the_new_pair_again_does_not_hinder_it() -> None:
    """The source was read; what it holds is no use."""
    verify = Verifier()
    with bench(verify) as b:
        new = b.rotate()
        verify.refused.add(new.api_key.reveal())
        assert b.reject(new).credentials is b.live.current is b.first


def test_a_previous_pair_that_the_verifier_refuses_stays_previous() -> None:
    """Both are rejected: give up, without a swap."""
    verify = Verifier()
    with bench(verify) as b:
        new = b.rotate()
        verify.refused.add(b.key.api_key)
        decision = b.reject(new)
        assert (Action.GIVE_UP, new) == (decision.action, b.live.current)


def test_a_verifier_that_cannot_tell_counts_as_none() -> None:
    """Its own network may be down."""
    verify = Verifier()
    with bench(verify) as b:
        new = b.rotate()

        def verifies(pair):
            if pair is b.first:
                raise ProviderUnavailableError("down.")

        inside(b.live).prover.verifier = lambda: verifies
        assert b.reject(new).credentials is b.first


def test_both_rejected_returns_to_the_newest_and_gives_up() -> None:
    """Once a rotation, however often both are reported."""
    with bench() as b:
        new = b.rotate()
        assert b.reject(new).credentials is b.first
        decision = b.reject(b.first)
        assert Action.GIVE_UP is decision.action
        assert decision.credentials is b.live.current is new
        assert "so was the newest" in decision.reason
        for _ in range(20):
            b.forget_the_answer()
            assert (Action.GIVE_UP, new) == b.reject(new)[:2]
            assert (Action.RETRY, new) == b.reject(b.first)[:2]
        wait_for(lambda: len(b.rotations) == 3)
        assert [Kind.ROTATED, Kind.ROLLED_BACK, Kind.ROTATED] == [r.reason for r in b.rotations]


def test_a_newest_that_was_rejected_long_ago_is_worth_a_try() -> None:
    """That may have been for the request; then the old key is deleted, as planned."""
    with bench() as b:
        now = [1000.0]
        answers_of(b.live)._clock = lambda: now[0]
        new = b.rotate()
        assert not b.live.status().is_rolled_back
        assert (Action.RETRY, b.first) == b.reject(new, -1022)[:2]
        assert b.live.status().is_rolled_back
        assert ", rolled back" in str(b.live.status())
        now[0] += 86_400
        decision = b.reject(b.first)
        assert (Action.RETRY, new) == decision[:2]
        assert b.live.current is new
        assert not b.live.status().is_rolled_back
        assert ", rolled back" not in str(b.live.status())
        assert (Action.GIVE_UP, new) == b.reject(new)[:2]


@pytest.mark.parametrize(("code", "is_back"), [(-1022, False), (-2008, False), (-2015, True)])
def test_a_new_pair_that_still_verifies_stays_unless_it_may_lack_a_permission(
    code, is_back
) -> None:
    """Its signature is right, and it exists; what it may do at the exchange, no verifier tells."""
    with bench(Verifier()) as b:
        new = b.rotate()
        decision = b.reject(new, code)
        expected = (Action.RETRY, b.first) if is_back else (Action.GIVE_UP, new)
        assert (*expected, expected[1]) == (*decision[:2], b.live.current)
        assert ("the verifier accepts it" in decision.reason) is not is_back


@pytest.mark.parametrize("is_telling", [True, False], ids=["refused", "cannot tell"])
def test_a_new_pair_that_does_not_verify_any_more_is_rolled_back(is_telling) -> None:
    """For whatever code; and so it is while nobody can tell."""
    verify = Verifier()
    with bench(verify) as b:
        new = b.rotate()

        def verifies(pair):
            if pair is new:
                raise Refused if is_telling else ProviderUnavailableError("down.")

        inside(b.live).prover.verifier = lambda: verifies
        assert b.reject(new, -1022).credentials is b.live.current is b.first


@every_code
@pytest.mark.parametrize("verify", [None, Verifier()], ids=["no verifier", "cannot tell"])
def test_a_new_pair_that_was_accepted_is_not_left_for_its_signature(verify, code) -> None:
    """An unencoded form body ends as -1022; what a key may do, and that it exists, may change."""
    with bench(verify) as b:
        new = b.rotate()
        if verify is not None:
            inside(b.live).prover.verifier = lambda: _cannot_tell
        b.live.report_acceptance(new)
        decision = b.reject(new, code)
        is_of_request = code in {-1022, -2014}
        expected = (Action.GIVE_UP, new) if is_of_request else (Action.RETRY, b.first)
        assert (*expected, expected[1]) == (*decision[:2], b.live.current)
        assert ("so it is the request" in decision.reason) is is_of_request


def _cannot_tell(_) -> None:
    raise ProviderUnavailableError("down.")


def test_only_the_pair_that_was_accepted_is_kept() -> None:
    """The one before it says nothing of the new one, however often it was accepted."""
    with bench() as b:
        b.live.report_acceptance(b.first)
        b.live.report_acceptance(b.first)
        assert (Action.RETRY, b.first) == b.reject(b.rotate(), -1022)[:2]


def test_an_old_pair_that_was_accepted_stays_after_a_roll_back() -> None:
    """The newest, which was rejected, is not tried for the fault of a request."""
    with bench() as b:
        b.live.report_acceptance(b.first)
        new = b.rotate()
        b.live.report_acceptance(new)
        b.reject(new)
        assert (Action.GIVE_UP, b.first) == b.reject(b.live.current, -1022)[:2]


def test_a_pair_that_was_rolled_back_to_is_tried_before_it_is_left() -> None:
    """Where a verifier exists."""
    with bench(Verifier()) as b:
        b.reject(b.rotate())
        decision = b.reject(b.first, -1022)
        assert (Action.GIVE_UP, b.first) == decision[:2]
        assert "the verifier accepts it" in decision.reason


def test_an_acceptance_names_the_pair() -> None:
    """As a rejection does."""
    with bench() as b:
        assert isinstance(caught(b.live.report_acceptance, b.live), ConfigurationError)


def test_late_reports_of_the_one_left_get_the_other() -> None:
    """Requests in flight at a roll back, or at a return."""
    with bench() as b:
        new = b.rotate()
        b.reject(new)
        assert (Action.RETRY, b.first) == b.reject(new)[:2]
        b.forget_the_answer()
        assert (Action.RETRY, b.first) == b.reject(new)[:2]
        b.reject(b.first)
        assert (Action.GIVE_UP, new) == b.reject(b.first)[:2]


@pytest.mark.parametrize("is_late", [True, False], ids=["reported late", "it was the reason"])
def test_there_is_no_way_back_to_a_rejected_pair(is_late) -> None:
    """The old one is deleted, and the new one is not allowed from here: each is rejected once."""
    with bench() as b:
        if is_late:
            new = b.rotate()
            assert b.reject(b.first).credentials is new
        else:
            b.put(new_key())
            new = b.reject(b.first).credentials
        decision = b.reject(new)
        assert (Action.GIVE_UP, new) == (decision.action, b.live.current)
        wait_for(lambda: len(b.rotations) == 1)


def test_a_rejection_before_a_rotation_does_not_stain_the_pair() -> None:
    """It was about a permission; the pair was good otherwise."""
    with bench() as b:
        assert Action.GIVE_UP is b.reject(b.first).action
        new = b.rotate()
        assert b.reject(new).credentials is b.first


@pytest.mark.parametrize("is_rejected", [False, True])
def test_a_third_pair_is_taken_after_a_roll_back(is_rejected) -> None:
    """By a poll, or when the old one is rejected as well."""
    with bench() as b:
        b.reject(b.rotate())
        third = new_key()
        b.put(third)
        decision = b.reject(b.first) if is_rejected else None
        current = b.live.refresh()
        assert third.api_key == current.api_key.reveal()
        if decision is not None:
            assert (Action.RETRY, current) == decision[:2]


def test_after_the_overlap_there_is_no_roll_back() -> None:
    """The previous pair is gone by then."""
    with bench(overlap=0.02) as b:
        new = b.rotate()
        wait_for(lambda: b.live.previous is None)
        assert (Action.GIVE_UP, new) == b.reject(new)[:2]


def test_a_pair_that_a_poll_replaces_meanwhile_is_not_rolled_back() -> None:
    """The verifier takes its time; a third pair comes, and is asked about in turn."""
    verify = Verifier()
    with bench(verify) as b:
        new, third, inner = b.rotate(), new_key(), []

        def verifies(pair):
            if pair is b.first:
                b.put(third)
                inner.append(b.reject(b.live.refresh()))
            elif pair is new:
                raise Refused

        inside(b.live).prover.verifier = lambda: verifies
        decision = b.reject(new)
        assert third.api_key == b.live.current.api_key.reveal()
        assert (Action.RETRY, b.live.current) == decision[:2]
        assert (Action.GIVE_UP, b.live.current) == inner[0][:2]


# what is not about credentials


class Limited(Exception):
    """An error with a status and a Retry-After header."""

    def __init__(self, status, seconds) -> None:
        self.status, self.headers = status, {"Retry-After": str(seconds)}


@pytest.mark.parametrize(
    ("error", "action", "wait", "word"),
    [
        (-1021, Action.WAIT, 0, "clock"),
        (-1003, Action.WAIT, 60, "too many"),
        (-1015, Action.WAIT, 10, "too many"),
        (403, Action.WAIT, 60, "firewall"),
        (418, Action.WAIT, 120, "too many"),
        (429, Action.WAIT, 60, "too many"),
        (Limited(418, 120), Action.WAIT, 120, "too many"),
        (Limited(429, 7), Action.WAIT, 7, "too many"),
        (-2017, Action.GIVE_UP, 0, "account (-2017)"),
        (-2010, Action.GIVE_UP, 0, "not about credentials"),
        (401, Action.GIVE_UP, 0, "pass the body"),
        (500, Action.GIVE_UP, 0, "not about credentials"),
        (ConnectionResetError(), Action.GIVE_UP, 0, "not about credentials"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_other_rejections_never_touch_credentials(error, action, wait, word) -> None:
    """No read, no swap; not even to a pending pair."""
    with bench() as b:
        current = b.rotate()
        with b.live.hold():
            b.put(new_key())
            b.live.refresh()
            reads = b.reads
            decisions = [
                b.live.report_rejection(error, used=current),
                asyncio.run(b.live.areport_rejection(error, used=current)),
                b.live.report_rejection(error, used=b.first),
            ]
            assert {(action, current, wait)} == {(d.action, *d[1::2]) for d in decisions}
            assert word in decisions[0].reason
            assert (reads, current) == (b.reads, b.live.current)


# storms


@pytest.mark.parametrize("is_rotated", [True, False])
def test_a_storm_of_threads_makes_one_read(is_rotated) -> None:
    """1,000 rejections from 50 threads; one answer for all."""
    with bench() as b:
        if is_rotated:
            b.put(new_key())
        decisions, barrier = [], threading.Barrier(50)

        def work() -> None:
            barrier.wait()
            decisions.extend([b.reject(b.first) for _ in range(20)])

        threads = [threading.Thread(target=work) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (1000, 1, 1) == (len(decisions), len({d[:2] for d in decisions}), b.reads)
        assert (Action.RETRY if is_rotated else Action.GIVE_UP) is decisions[0].action


@pytest.mark.parametrize("is_rotated", [True, False])
def test_a_storm_of_tasks_makes_one_read(is_rotated) -> None:
    """And takes none of the loop's own threads, which resolve names."""
    with bench() as b:
        if is_rotated:
            b.put(new_key())

        async def main():
            found = await asyncio.gather(*(b.areject(b.first) for _ in range(1000)))
            assert asyncio.get_running_loop()._default_executor is None
            return found

        decisions = asyncio.run(main())
        assert (1000, 1, 1) == (len(decisions), len({d[:2] for d in decisions}), b.reads)
        assert (Action.RETRY if is_rotated else Action.GIVE_UP) is decisions[0].action


def test_threads_and_tasks_share_one_read() -> None:
    """One asks, whoever it is."""
    verify = Verifier()
    with bench(verify) as b:
        verify.gate = threading.Event()
        verify.entered.clear()
        b.put(new_key())
        answers = []
        thread = threading.Thread(target=lambda: answers.append(b.reject(b.first)))
        thread.start()
        assert verify.entered.wait(PATIENCE)

        async def main():
            tasks = [asyncio.ensure_future(b.areject(b.first)) for _ in range(10)]
            await asyncio.sleep(0)
            verify.gate.set()
            return await asyncio.gather(*tasks)

        answers += asyncio.run(main())
        thread.join()
        assert (11, 1, 1) == (len(answers), len({d[:2] for d in answers}), b.reads)


def test_an_answer_ends_its_own_question_only() -> None:
    """One about a newer pair may be open by then; who joins it must find it."""
    with bench() as b:
        rejections = answers_of(b.live)
        older, _ = rejections.joined(b.first)
        new = b.rotate()
        newer, is_mine = rejections.joined(new)
        assert is_mine
        rejections.end(older, None)
        assert (newer, False) == rejections.joined(new)
        rejections.end(newer, None)


def test_an_answer_stands_for_some_seconds() -> None:
    """Then a new rejection asks again."""
    with bench() as b:
        now = [1000.0]
        answers_of(b.live)._clock = lambda: now[0]
        decision = b.reject(b.first)
        now[0] += 4.9
        assert b.reject(b.first) is decision
        assert b.reads == 1
        now[0] += 0.2
        b.put(new_key())
        assert (Action.RETRY, 1) == (b.reject(b.first).action, b.reads)


def test_an_answer_ends_when_its_pair_does() -> None:
    """A rotation within the seconds is not hidden by it."""
    with bench() as b:
        assert Action.GIVE_UP is b.reject(b.first).action
        new = b.rotate()
        assert (Action.RETRY, new) == b.reject(b.first)[:2]
        assert Action.GIVE_UP is b.reject(new).action
        assert b.reads == 1


# asyncio, cancelling, interrupting


def test_the_loop_goes_on_while_the_source_is_read() -> None:
    """And a cancelled task takes the answer from nobody."""
    verify = Verifier()
    with bench(verify) as b:
        verify.gate = threading.Event()
        b.put(new_key())

        async def main():
            first = asyncio.ensure_future(b.areject(b.first))
            second = asyncio.ensure_future(b.areject(b.first))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not (first.done() or second.done())
            first.cancel()
            await asyncio.sleep(0)
            assert first.cancelled()
            verify.gate.set()
            return await second

        decision = asyncio.run(main())
        assert (Action.RETRY, 1) == (decision.action, b.reads)
        assert b.reject(b.first) == decision


def test_a_loop_that_ends_meanwhile_harms_nothing() -> None:
    """The answer is there for the next."""
    verify = Verifier()
    with bench(verify) as b:
        verify.gate = threading.Event()
        b.put(new_key())

        async def main():
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(b.areject(b.first), 0.01)

        asyncio.run(main())
        verify.gate.set()
        assert Action.RETRY is b.reject(b.first).action
        assert b.reads == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_is_interrupted_strands_nobody() -> None:
    """Such as by ctrl-c; the next report asks again."""
    verify = Verifier()
    with bench(verify) as b:
        new = b.rotate()

        def verifies(pair):
            if pair is b.first:
                raise SystemExit

        inside(b.live).prover.verifier = lambda: verifies
        assert isinstance(caught(b.reject, new), SystemExit)
        decision = asyncio.run(b.areject(new))
        assert (Action.GIVE_UP, new) == decision[:2]
        assert "interrupted" in decision.reason
        wait_for(lambda: "binance-creds rejection" not in {t.name for t in threading.enumerate()})
        inside(b.live).prover.verifier = lambda: None
        assert b.reject(new).credentials is b.first


def test_without_a_thread_to_ask_it_is_given_up(monkeypatch) -> None:
    """The process is at its limit; the next report asks again."""
    with bench() as b:
        start = threading.Thread.start

        def refuse(thread):
            if thread.name == "binance-creds rejection":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", refuse)
        decision = asyncio.run(b.areject(b.first))
        assert (Action.GIVE_UP, 0) == (decision.action, b.reads)
        monkeypatch.undo()
        b.put(new_key())
        assert Action.RETRY is asyncio.run(b.areject(b.first)).action


# the end


@pytest.mark.parametrize("error", [-2015, 429, -2010])
def test_a_closed_handle_answers_nothing(error) -> None:
    """It raises, in both worlds."""
    with bench() as b:
        b.live.close()
        for used in (b.first, build(**new_key().fields())):
            assert isinstance(caught(b.live.report_rejection, error, used=used), ClosedError)
            answer = b.live.areport_rejection(error, used=used)
            assert isinstance(caught(asyncio.run, answer), ClosedError)
        assert b.reads == 0


def test_closing_ends_the_wait() -> None:
    """While the source is read."""
    verify = Verifier()
    with bench(verify) as b:
        verify.gate = threading.Event()
        verify.entered.clear()
        b.put(new_key())
        waiting = beside(lambda: b.reject(b.first))
        assert verify.entered.wait(PATIENCE)
        b.live.close()
        error = waiting.exception(PATIENCE)
        verify.gate.set()
        assert type(error) is ClosedError


def test_a_pair_that_is_not_served_is_not_handed_out() -> None:
    """`.current` raises, and so retrying with another pair makes no sense."""
    with bench(poll=0.05, max_stale=0.5, ttl=0.05) as b:
        b.rotate()
        b.put(ProviderUnavailableError("down."))
        wait_for(lambda: inside(b.live).refusal == "expired")
        assert isinstance(caught(lambda: b.live.current), CredentialsExpiredError)
        decision = b.reject(b.first)
        assert Action.GIVE_UP is decision.action
        assert "not served any more (expired)" in decision.reason


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_asks_anew() -> None:
    """Even if the parent was asking at that moment: its thread and lock are not in the child."""
    with bench() as b:
        b.put(new_key())
        with answers_of(b.live).lock:
            child = os.fork()
            if child == 0:  # pragma: no cover  # another process
                signal.alarm(10)
                try:
                    is_good = b.reject(b.first).action is Action.RETRY
                except BaseException:
                    is_good = False
                os._exit(0 if is_good else 1)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert b.reads == 0


# a bot


def trade(live, exchange, tries=4):
    """Send one order as docs/howto/operate/rejections.md has it; return what happened."""
    pair, story = live.current, []
    for _ in range(tries):
        signed = sign_request(pair, "GET", exchange.url + "/api/v3/account")
        try:
            with urlopen(
                Request(signed.url, headers=dict(signed.headers)), timeout=PATIENCE
            ) as answer:
                return [*story, answer.status]
        except HTTPError as error:
            with error:
                decision = live.report_rejection(error, used=pair)
        story.append(decision.action)
        if decision.action is not Action.RETRY:
            return story
        pair = decision.credentials
    return story


@pytest.mark.parametrize("verify", [None, Verifier()], ids=["no verifier", "verifier"])
def test_a_bot_survives_what_owners_do(verify) -> None:
    """Rotated early, a new key that is bound to another address, a third, and all deleted."""
    with FakeExchange() as exchange, bench(verify) as b:
        first = b.rotate(exchange.issue())
        assert [200] == trade(b.live, exchange)

        exchange.keys.revoke(first.api_key.reveal())
        second = exchange.issue()
        b.put(second)
        assert [Action.RETRY, 200] == trade(b.live, exchange)

        b.rotate(exchange.issue(ip_list=("10.0.0.1",)))
        assert [Action.RETRY, 200] == trade(b.live, exchange)
        assert second.api_key == b.live.current.api_key.reveal()
        assert [200] == trade(b.live, exchange)

        b.rotate(exchange.issue())
        assert [200] == trade(b.live, exchange)

        exchange.keys.revoke(second.api_key)
        exchange.keys.revoke(b.live.current.api_key.reveal())
        rejected = len(exchange.rejected())
        assert [Action.RETRY, Action.GIVE_UP] == trade(b.live, exchange)
        for _ in range(20):
            assert [Action.GIVE_UP] == trade(b.live, exchange)
        assert 22 == len(exchange.rejected()) - rejected

        exchange.throttle(retry_after_seconds=3)
        assert [Action.WAIT] == trade(b.live, exchange)


def test_nothing_leaks(caplog) -> None:
    """In decisions of every kind, and in the log."""
    with bench() as b, caplog.at_level(logging.DEBUG):
        keys = [b.key, new_key(), new_key()]
        new = b.rotate(keys[1])
        decisions = [
            b.reject(new),
            b.reject(b.first),
            b.reject(new, -1022),
            b.reject(new, -1021),
            b.reject(new, 429),
            b.reject(new, -2010),
        ]
        b.put(keys[2])
        b.forget_the_answer()
        decisions.append(b.reject(new))
        wait_for(lambda: len(b.events) == 4)
        assert {Action.RETRY, Action.GIVE_UP, Action.WAIT} == {d.action for d in decisions}
        assert ENGINE.log.flush(PATIENCE)
        for key in keys:
            things = [*decisions, *b.events, *b.rotations, caplog.text, answers_of(b.live)]
            assert_no_leak(key.api_secret, *things)
            assert_no_leak(key.api_key, *things)


def test_a_verifier_that_hangs_counts_as_none() -> None:
    """The report is answered within the deadline, and the verifier is not called once more."""
    verify = Verifier()
    with bench(verify) as b:
        new = b.rotate()
        inside(b.live).prover.timeout_seconds = 0.1
        verify.gate = threading.Event()
        assert b.reject(new, -1022).credentials is b.live.current is b.first
        verify.gate.set()


@pytest.mark.parametrize("error", [-2015, 429])
@pytest.mark.parametrize("is_async", [False, True])
def test_what_signed_nothing_is_refused(error, is_async) -> None:
    """The handle itself is an easy slip: it may be on another pair by then."""
    with bench() as b:
        for used in (b.live, None):
            if is_async:
                refused = caught(asyncio.run, b.live.areport_rejection(error, used=used))
            else:
                refused = caught(b.live.report_rejection, error, used=used)
            assert isinstance(refused, ConfigurationError)
            assert f"not {type(used).__name__}" in str(refused)
            assert "used = live.current" in str(refused)
        assert b.reads == 0
