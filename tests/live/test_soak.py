"""Thousands of rotations and a million reads: memory, threads and descriptors stay flat."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ
from waiting import LONG

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux tells memory"),
]

# In a process of its own: measuring coverage keeps something for every thread that ever ran.
BEGIN = """
import gc, os, sys, threading
sys.path.insert(0, {tests!r})
from live_support import descriptors, pair, settle_threads
from binance_creds import RefreshPolicy, load_credentials
from binance_creds.providers import memory

def taken():
    settle_threads()
    gc.collect()
    with open("/proc/self/statm") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resident, threading.active_count(), descriptors()

pairs, count = [pair() for _ in range(10)], [0]
def hook(rotation):
    count[0] += 1
policy = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", overlap=0.001)
memory.register("soak", pairs[-1])
live = load_credentials("memory:soak", live=True, refresh=policy, on_rotation=hook)
def rotate(times):
    for number in range(times):
        fields = pairs[number % 10]
        memory.register("soak", fields)
        assert live.refresh().api_key.reveal() == fields["api_key"]
"""
END = """
assert before[1:] == after[1:], (before, after)
print(after[0] - before[0])
"""
ROTATIONS = """
rotate(1000)
before = taken()
rotate({times})
after = taken()
assert count == [1000 + {times}]
"""
READS = """
for _ in range(1000):
    live.current
before = taken()
for _ in range(1_000_000):
    live.current
after = taken()
assert count == [0]
"""


def growth(code: str) -> int:
    begin = BEGIN.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", begin + code + END], capture_output=True, text=True, timeout=LONG,
        check=False, env=plain_environ(),
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)
    return int(done.stdout)


@pytest.mark.parametrize("times", [2_000, pytest.param(10_000, marks=pytest.mark.product)])
def test_thousands_of_rotations_leave_nothing_behind(times) -> None:
    """Less than 2 MiB after the warm-up; a hook is told each."""
    assert growth(ROTATIONS.format(times=times)) < 2 * 1024 * 1024


def test_a_million_reads_cost_no_memory() -> None:
    """Less than 1 MiB."""
    assert growth(READS) < 1024 * 1024
