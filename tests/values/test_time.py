"""Deadlines and durations."""

from __future__ import annotations

import pytest

from binance_creds._time._deadline import Deadline
from binance_creds._time._duration import duration_seconds
from binance_creds.errors import ConfigurationError
from binance_creds.testing import FakeClock


def test_a_deadline_follows_monotonic_time_only() -> None:
    """Setting the wall clock by a day either way moves nothing."""
    clock = FakeClock()
    deadline = Deadline(10, clock=clock)
    clock.set_wall(clock.wall() + 86400)
    assert deadline.remaining_seconds == 10
    clock.set_wall(0)
    clock.advance(4)
    assert (deadline.remaining_seconds, deadline.is_over) == (6, False)
    clock.sleep(7)
    assert (deadline.remaining_seconds, deadline.is_over) == (0, True)


def test_a_share_of_a_deadline_ends_earlier_by_the_same_clock() -> None:
    """The share of one alone is the whole; what is over is shared by nobody."""
    clock = FakeClock()
    deadline = Deadline(30, clock=clock)
    share = deadline.share(3)
    clock.advance(9)
    assert (share.remaining_seconds, deadline.remaining_seconds) == (1, 21)
    assert deadline.share(1) is deadline
    clock.advance(21)
    assert deadline.share(3).is_over


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_a_deadline_needs_a_positive_finite_time(seconds) -> None:
    """Waiting for ever is not offered."""
    with pytest.raises(ConfigurationError):
        Deadline(seconds)


def test_fake_time_does_not_run_backwards() -> None:
    """Only the wall clock jumps."""
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().advance(-1)


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("30s", 30), ("5m", 300), ("1.5h", 5400), ("7d", 604800)]
)
def test_durations_carry_a_unit(text, seconds) -> None:
    """Milliseconds to days."""
    assert seconds == duration_seconds(text, name="ttl")


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 s", "5y", "1e3s", "1.2.3s", "٣s", "0s", "infs"]
)
def test_anything_else_is_no_duration(text) -> None:
    """The error names the option and shows the form."""
    with pytest.raises(ConfigurationError, match="ttl must be a duration.*30s"):
        duration_seconds(text, name="ttl")
