"""Whoever came first is first: a slow device lets nobody wait beyond those before him."""

from __future__ import annotations

import threading

import pytest
from support import caught
from waiting import PATIENCE, beside, wait_until_it_waits

from binance_creds._threads._line import Line
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ProviderUnavailableError


class Held:
    """A turn that ends when it is told to."""

    def __init__(self, line: Line) -> None:
        self._end, begun = threading.Event(), threading.Event()

        def hold() -> None:
            with line.turn(Deadline(PATIENCE)):
                begun.set()
                self._end.wait(PATIENCE)

        self._future = beside(hold)
        assert begun.wait(PATIENCE)

    def end(self) -> None:
        self._end.set()
        self._future.result(PATIENCE)


def test_turns_come_in_the_order_of_coming() -> None:
    line, order = Line(), []
    held = Held(line)

    def take(number: int) -> None:
        with line.turn(Deadline(PATIENCE)):
            order.append(number)

    futures = []
    for number in range(10):
        futures.append(beside(lambda number=number: take(number)))
        wait_until_it_waits(futures[-1])
    held.end()
    for future in futures:
        future.result(PATIENCE)
    assert list(range(10)) == order


def test_one_whose_time_is_over_leaves_the_line() -> None:
    line = Line()
    held = Held(line)
    with pytest.raises(ProviderUnavailableError, match="no time was left"):
        line.turn(Deadline(0.01)).__enter__()
    behind = beside(lambda: line.turn(Deadline(PATIENCE)).__enter__())
    held.end()
    behind.result(PATIENCE)


def test_an_error_in_a_turn_ends_it() -> None:
    line = Line()

    def fail() -> None:
        with line.turn(Deadline(PATIENCE)):
            raise KeyError

    assert isinstance(caught(fail), KeyError)
    with line.turn(Deadline(PATIENCE)):
        pass
