"""Ten thousand rotations and a million reads: memory, threads and descriptors stay flat."""

from __future__ import annotations

import gc
import os
import threading

import pytest
from live_support import Told, descriptors, pair, settle_threads

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.providers import memory

MIB = 1024 * 1024
POLICY = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", overlap=0.001)

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux tells memory")


def resident() -> int:
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def rotate(live, pairs, count: int) -> None:
    for number in range(count):
        fields = pairs[number % len(pairs)]
        memory.register("soak", fields)
        assert live.refresh().api_key.reveal() == fields["api_key"]


def test_ten_thousand_rotations_leave_nothing_behind() -> None:
    """Less than 2 MiB after the warm-up; a hook is told each."""
    pairs, count = [pair() for _ in range(10)], [0]

    def hook(rotation) -> None:
        count[0] += 1

    memory.register("soak", pairs[-1])
    with load_credentials("memory:soak", live=True, refresh=POLICY, on_rotation=hook) as live:
        rotate(live, pairs, 1000)
        settle_threads()
        before = (resident(), threading.active_count(), descriptors())
        rotate(live, pairs, 10_000)
        settle_threads()
        after = (resident(), threading.active_count(), descriptors())
        assert 11_000 == count[0]
        assert 0 == live.status().failures
    memory.unregister("soak")
    assert before[1:] == after[1:]
    assert after[0] - before[0] < 2 * MIB


def test_a_million_reads_cost_no_memory_and_no_read_of_the_source(store) -> None:
    """Nothing is allocated that stays, and nobody is asked."""
    told = Told()
    with load_credentials("held:a", live=True, refresh=POLICY, on_rotation=told) as live:
        first = live.current
        before = (resident(), threading.active_count(), descriptors())
        for _ in range(1_000_000):
            live.current
        after = (resident(), threading.active_count(), descriptors())
        assert first is live.current
    assert before[1:] == after[1:]
    assert after[0] - before[0] < MIB
    assert 1 == store.fetches
    assert [] == told.values
