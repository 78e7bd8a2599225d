"""Live credentials run a program when they are asked to, and unasked as its table says."""

from __future__ import annotations

import json

import pytest
from live_support import inside
from scripted_check import ScriptedCheck, silent
from support import caught, token
from waiting import wait_for

from binance_creds import load_credentials
from binance_creds._command import Command
from binance_creds._plan import Plan
from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._uri import SourceURI
from binance_creds.errors import CredentialsError
from binance_creds.live.decide._messages import Failed
from binance_creds.live.decide._schedule import Schedule
from binance_creds.live.decide._timing import timing_of

NEVER = float("inf")


@pytest.fixture
def program(tmp_path):
    """Return the table of a program that counts its runs, and the files that it works with."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\necho >> {tmp_path}/runs; cat {tmp_path}/pair\n")
    path.chmod(0o700)
    write(tmp_path)
    return {"argv": [str(path)]}


def write(folder) -> str:
    key = token()
    (folder / "pair").write_text(json.dumps({"api_key": key, "api_secret": token()}))
    return key


def live(table, verify=None, **refresh):
    return load_credentials(
        "command:main",
        config={"commands": {"main": table}},
        live=True,
        verify=verify,
        refresh=RefreshPolicy(**refresh),
    )


def runs(folder) -> int:
    return len((folder / "runs").read_text())


def test_it_is_never_run_unasked(program, tmp_path) -> None:
    """A program may open a prompt; what it printed is neither stale nor expired meanwhile."""
    with live(program, ttl="1s", poll="1s", max_stale="2s") as handle:
        status = handle.status()
        assert (None, ()) == (status.next_check_seconds, status.change_sources)
        assert not status.is_pinned
        assert runs(tmp_path) == 1
        key = write(tmp_path)
        handle.refresh()
        assert key == handle.current.api_key.reveal()
        assert runs(tmp_path) == 2


def test_a_failed_refresh_is_not_tried_again_unasked(program, tmp_path) -> None:
    with live(program) as handle:
        (tmp_path / "pair").unlink()
        assert isinstance(caught(handle.refresh), CredentialsError)
        assert handle.status().next_check_seconds is None
        assert handle.current is not None
        write(tmp_path)
        handle.refresh()
        assert handle.status().failures == 0


def test_a_pair_that_is_not_decided_about_is_proven_without_another_run(
    program, tmp_path, clock
) -> None:
    """What it printed is at hand; that the exchange hesitates is no reason to open a prompt."""
    check = ScriptedCheck()
    with live(program, verify=check) as handle:
        key, check.error = write(tmp_path), silent()
        assert isinstance(caught(handle.refresh), CredentialsError)
        for _ in range(3):
            asked = len(check.asked)
            clock.advance(60)
            wait_for(lambda asked=asked: len(check.asked) > asked)
            wait_for(lambda: not inside(handle).machine.is_fetching)
        assert key != handle.current.api_key.reveal()
        check.error = None
        clock.advance(60)
        wait_for(lambda: handle.current.api_key.reveal() == key)
        assert runs(tmp_path) == 2
        assert handle.status().next_check_seconds is None


def test_a_table_may_say_that_it_never_prompts(program, tmp_path) -> None:
    """Then it is run as often as that, or as `poll` says, if that is rarer."""
    with live({**program, "poll": "20ms"}, poll="20ms") as handle:
        assert handle.status().change_sources == ("poll",)
        key = write(tmp_path)
        wait_for(lambda: handle.current.api_key.reveal() == key)


def test_a_signal_runs_it(program, tmp_path) -> None:
    """A push source tells of a change without a poll."""
    import signal

    with live(program, push=["signal:SIGHUP"]) as handle:
        wait_for(lambda: handle.status().change_sources == ("signal",))
        key = write(tmp_path)
        signal.raise_signal(signal.SIGHUP)
        wait_for(lambda: handle.current.api_key.reveal() == key)


def plan(*polls: float | None) -> Plan:
    uri = SourceURI.parse("command:main")
    return Plan(tuple(uri.with_settings(Command(("a",), poll)) for poll in polls))


def test_the_rarest_program_of_a_plan_counts() -> None:
    assert Plan((SourceURI.parse("env://A"),)).unasked_seconds == 0
    assert plan(60.0).unasked_seconds == 60
    assert plan(60.0, 90.0).unasked_seconds == 90
    assert plan(60.0, None).unasked_seconds == NEVER


def timing(unasked: float, **policy):
    return timing_of(
        RefreshPolicy(**policy),
        timeout_seconds=30,
        is_local=False,
        is_pinned=False,
        unasked=unasked,
    )


def test_what_is_confirmed_rarely_is_not_stale_meanwhile() -> None:
    """The longer of both durations holds."""
    rare = timing(36_000.0)
    assert (36_000.0, 36_000.0 * 1.1, 2 * 36_000.0 * 1.1) == (rare.poll, rare.ttl, rare.max_stale)
    often = timing(10.0)
    assert (30.0, 300.0, 3600.0, 10.0) == (
        often.poll,
        often.ttl,
        often.max_stale,
        often.first_pause,
    )
    other = timing(0.0, ttl="2h", max_stale="1h")
    assert (7200.0, 3600.0, 1.0) == (other.ttl, other.max_stale, other.first_pause)


def test_after_a_failure_it_waits_for_as_long() -> None:
    """Each try may be one more prompt."""
    schedule = Schedule(timing(600.0), 0.0, lambda low, _: low)
    schedule.failed(100.0, Failed("unavailable", None, None))
    assert schedule.due_at == 700.0
    never = Schedule(timing(NEVER), 0.0, lambda low, _: low)
    assert never.due_at == NEVER
    never.failed(100.0, Failed("unavailable", None, None))
    assert never.due_at == NEVER
    never.look_by_poll(100.0)
    assert never.due_at == NEVER
