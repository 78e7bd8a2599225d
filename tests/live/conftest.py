"""What tests of live credentials share."""

from __future__ import annotations

import gc

import pytest
from live_support import Store, install
from waiting import PATIENCE

from binance_creds.live import _handle as _live
from binance_creds.live import _start
from binance_creds.live.run._engine import ENGINE
from binance_creds.testing import FakeClock


@pytest.fixture(autouse=True)
def _no_handle_is_left():
    """Let no test drive what another has dropped."""
    yield
    if ENGINE.driver.subjects:
        gc.collect()
    for subject in list(ENGINE.driver.subjects):
        ENGINE.remove(subject)
    ENGINE.log.flush(PATIENCE)  # what is logged late is not of the next test


@pytest.fixture
def store(monkeypatch) -> Store:
    held = install(Store(), monkeypatch)
    held.put("a")
    yield held
    held.gate.set()


class Time(FakeClock):
    """A clock that the one engine goes by; `advance` makes it look."""

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self.look()

    def look(self) -> None:
        ENGINE.ring()


@pytest.fixture
def clock(monkeypatch) -> Time:
    time = Time(float(int(ENGINE.times.seconds()) + 1))  # whole, so that sums are exact
    monkeypatch.setattr(ENGINE.times, "seconds", time)
    monkeypatch.setattr(ENGINE.times, "wall", time.wall)
    monkeypatch.setattr(_live, "seconds", time)
    monkeypatch.setattr(_start, "seconds", time)
    return time
