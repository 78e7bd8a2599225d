"""A defect of ours, or no memory, in any thread: it is reported, and all goes on."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest
from live_support import Told, threads
from waiting import PATIENCE, wait_for

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.errors import CredentialsError
from binance_creds.live.decide._machine import Machine
from binance_creds.live.decide._messages import UNDECIDED
from binance_creds.live.run import _event_log, _hooks, _loop
from binance_creds.live.run._checks import Checks
from binance_creds.live.run._event_log import EventLog
from binance_creds.live.run._fetchers import Job, Jobs
from binance_creds.live.run._hooks import Hooks
from binance_creds.live.run._publisher import Publisher

SLOW = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", jitter=0)
LOST_SECONDS = 40.0  # after which a fetch that began counts as lost


@pytest.fixture
def reported(monkeypatch) -> list:
    found: list = []
    monkeypatch.setattr(threading, "excepthook", lambda args: found.append(args.exc_type))
    monkeypatch.setattr(_loop, "DEFECT_SECONDS", 0.0)
    return found


def fail(*_: object, **__: object) -> None:
    raise MemoryError


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (Machine, "ask"),
        (Machine, "fetched"),
        (EventLog, "came"),
        (_event_log, "message_of"),
        (Job, "run"),
        (Jobs, "_begin"),
        (Publisher, "_next"),
    ],
)
def test_a_handle_is_current_again_after_a_defect(
    store, clock, monkeypatch, reported, place, name
) -> None:
    """No thread is counted that is not there, nobody waits for ever, and nothing is lost."""
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            store.put("a")
            with suppress(CredentialsError):
                live.refresh(timeout_seconds=0.05)
            wait_for(lambda: reported)
        clock.advance(LOST_SECONDS)
        told = Told()
        live.on_rotation(told)
        fields = store.put("a")
        wait_for(lambda: not threads("binance-creds fetch"))
        with suppress(CredentialsError):  # of the fetch that was lost
            live.refresh(timeout_seconds=PATIENCE)
        live.refresh(timeout_seconds=PATIENCE)
        assert fields["api_key"] == live.current.api_key.reveal()
        told.wait()
    assert {MemoryError} == set(reported)


def test_a_hook_is_told_the_next_after_a_defect(monkeypatch, reported) -> None:
    """And what was left."""
    hooks, told = Hooks(), Told()
    hooks.add(told)
    with monkeypatch.context() as patch:
        patch.setattr(_hooks._Queue, "_next", fail)
        hooks.tell(1)
        wait_for(lambda: reported)
    hooks.tell(2)
    assert [1, 2] == told.wait(2)


def test_a_check_that_fails_has_not_decided(reported) -> None:
    """So it is tried again."""
    told = Told()
    checks = Checks(lambda subject, verdict: told(verdict))
    checks.add(SimpleNamespace(prover=SimpleNamespace(examined=fail)), "pair")
    checks.hand_out()
    assert ("pair", UNDECIDED) == (told.wait()[0].pair, told.values[0].code)
    assert [MemoryError] == reported
