"""Waiting without a guess of how long it takes: bounds that end a hung test only, and a fair clock."""

from __future__ import annotations

import socket
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PATIENCE = 60.0  # seconds until a test that waits has failed; a test that passes waits for less
LONG = 600.0  # a timeout that must not be what ends a wait
TICK = 0.005


def wait_for(condition, what: str = "it") -> None:
    """Wait until a condition holds; for what no event tells."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.001)


def is_listening(path: str) -> bool:
    """Whether somebody takes connections at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as one, suppress(OSError):
        one.connect(path)
        return True
    return False


def beside(call) -> Future:
    """Run a call in a thread; `result(PATIENCE)` of what this returns waits for it."""
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    future.thread = threading.Thread(target=run, daemon=True)
    future.thread.start()
    return future


def wait_for_calls() -> None:
    """Wait until no call hangs in a thread."""
    for thread in threading.enumerate():
        if thread.name.startswith("binance-creds "):
            thread.join(PATIENCE)
            assert not thread.is_alive()


def wait_until_it_waits(future: Future) -> None:
    """Wait until the call of `beside` waits itself, or has ended."""
    waiting = {"wait", "select", "poll", "get", "readinto", "recv_into", "_read_from_socket"}

    def has_come_to_rest() -> bool:
        frame = sys._current_frames().get(future.thread.ident)
        return future.done() or (frame is not None and frame.f_code.co_name in waiting)

    wait_for(has_come_to_rest)


@dataclass
class Took:
    """Seconds that a block took: by the wall, and as this process had them."""

    wall: float = 0.0
    fair: float = 0.0


@contextmanager
def timed():
    """Measure a block by two clocks.

    The fair one counts pauses of another thread, taken in the same moment. On a busy machine each
    of them is late, and so this clock is slow: an upper bound is compared with it.
    """
    took, end, ticks = Took(), threading.Event(), 0

    def count() -> None:
        nonlocal ticks
        while not end.wait(TICK):
            ticks += 1

    counting = threading.Thread(target=count, name="fair clock", daemon=True)
    counting.start()
    began = time.monotonic()
    try:
        yield took
    finally:
        took.wall = time.monotonic() - began
        took.fair = ticks * TICK
        end.set()
        counting.join()
