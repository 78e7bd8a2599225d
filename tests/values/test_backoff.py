"""The one back-off of retries, of a remembered failure, of live handles and of push sources."""

from __future__ import annotations

from binance_creds._time._backoff import next_pause

BOUNDS = {"first": 1.0, "longest": 60.0}


def test_a_pause_is_drawn_between_the_first_and_three_times_the_last() -> None:
    """Also the first one: what fails together does not come back together."""
    drawn: list[tuple[float, float]] = []

    def lowest(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    for last in (0.0, 1.0, 2.5):
        next_pause(last, **BOUNDS, draw=lowest)
    assert [(1.0, 3.0), (1.0, 3.0), (1.0, 7.5)] == drawn


def test_pauses_grow_up_to_the_longest() -> None:
    last, pauses = 0.0, []
    for _ in range(5):
        last = next_pause(last, **BOUNDS, draw=max)
        pauses.append(last)
    assert [3.0, 9.0, 27.0, 60.0, 60.0] == pauses


def test_two_clients_pause_differently() -> None:
    assert len({next_pause(0.0, **BOUNDS) for _ in range(9)}) > 1
