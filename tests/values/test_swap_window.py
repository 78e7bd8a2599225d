"""The hours of a week in which a rotation may happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import caught

from binance_creds._time._swap_window import SwapWindow
from binance_creds.errors import ConfigurationError

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def opens_in(window: str, day: str, time: str) -> float:
    """Return the minutes until a window opens."""
    hours, minutes, *seconds = (float(part) for part in time.split(":"))
    passed = timedelta(days=DAYS.index(day), hours=hours, minutes=minutes, seconds=sum(seconds))
    return SwapWindow.parse(window).opens_in_seconds(MONDAY + passed) / 60


@pytest.mark.parametrize(
    ("window", "day", "time", "minutes"),
    [
        ("Mon-Fri 02:00-02:30 UTC", "Mon", "02:00", 0),
        ("Mon-Fri 02:00-02:30 UTC", "Mon", "02:29:59.999999", 0),
        ("Mon-Fri 02:00-02:30 UTC", "Mon", "02:30", 24 * 60 - 30),
        ("Mon-Fri 02:00-02:30 UTC", "Mon", "01:59:30", 0.5),
        ("Mon-Fri 02:00-02:30 UTC", "Fri", "02:30", 3 * 24 * 60 - 30),
        ("Mon-Fri 02:00-02:30 UTC", "Sat", "02:15", 2 * 24 * 60 - 15),
        ("02:00-02:30 UTC", "Sun", "02:15", 0),
        ("02:00-02:30 UTC", "Sun", "03:00", 23 * 60),
        ("Wed 23:30-00:30 UTC", "Thu", "00:29", 0),
        ("Wed 23:30-00:30 UTC", "Thu", "00:30", 7 * 24 * 60 - 60),
        ("Wed 23:30-00:30 UTC", "Wed", "00:15", 23 * 60 + 15),
        ("Sun 23:30-00:30 UTC", "Mon", "00:15", 0),
        ("Sun 23:30-00:30 UTC", "Sun", "23:00", 30),
        ("Sat-Mon 10:00-11:00 UTC", "Sun", "10:30", 0),
        ("Sat-Mon 10:00-11:00 UTC", "Tue", "10:30", 4 * 24 * 60 - 30),
        ("Mon 22:00-24:00 UTC", "Mon", "23:59", 0),
        ("Mon 22:00-24:00 UTC", "Tue", "00:00", 6 * 24 * 60 + 22 * 60),
        ("Mon 00:00-24:00 UTC", "Mon", "12:00", 0),
        ("Mon 00:00-24:00 UTC", "Tue", "00:00", 6 * 24 * 60),
        ("00:00-24:00 UTC", "Thu", "00:00", 0),
    ],
)
def test_a_window_opens_in_time(window, day, time, minutes) -> None:
    assert minutes == pytest.approx(opens_in(window, day, time))
    assert (minutes == 0) == (opens_in(window, day, time) == 0)


def test_another_time_zone_changes_nothing() -> None:
    window = SwapWindow.parse("Mon 02:00-02:30 UTC")
    there = (MONDAY + timedelta(hours=2)).astimezone(timezone(timedelta(hours=-9)))
    assert window.opens_in_seconds(there) == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "2:00-3:00 UTC", "02:00-02:30", "02:00-02:30 CET", "Mon, Tue 02:00-02:30 UTC",
        "mon 02:00-02:30 UTC", "Mox 02:00-02:30 UTC", "Mon-Mox 02:00-02:30 UTC",
        "Mon- 02:00-02:30 UTC", "Mon  02:00-02:30 UTC", "02:60-03:00 UTC", "02:00-02:30 UTC\n",
        "0\u0662:00-03:00 UTC",
    ],
)  # fmt: skip
def test_another_form_is_refused_with_an_example(text) -> None:
    error = caught(SwapWindow.parse, text)
    assert isinstance(error, ConfigurationError)
    assert "swap_window must have the form" in str(error)
    assert "Mon-Fri 02:00-02:30 UTC" in str(error)


@pytest.mark.parametrize(
    "times",
    ["02:00-02:00", "24:00-02:00", "24:00-00:00", "24:00-24:00", "02:00-24:01", "29:00-03:00"],
)
def test_a_window_begins_and_ends_at_two_times_of_a_day(times) -> None:
    error = caught(SwapWindow.parse, f"Mon {times} UTC")
    assert isinstance(error, ConfigurationError)
    assert "swap_window must begin and end at two different times" in str(error)


def test_equal_windows_are_one_value() -> None:
    one, other = SwapWindow.parse("Mon-Sun 02:00-03:00 UTC"), SwapWindow.parse("02:00-03:00 UTC")
    assert one == other
    assert hash(one) == hash(other)


minutes_of_day = st.integers(0, 24 * 60 - 1)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.sampled_from(DAYS), st.sampled_from(DAYS), minutes_of_day,
    minutes_of_day | st.just(24 * 60), st.integers(0, 7 * 24 * 60 - 1),
)  # fmt: skip
def test_it_agrees_with_a_look_at_every_minute(first, last, begins, ends, now) -> None:
    if begins == ends:
        return
    text = f"{first}-{last} {_clock(begins)}-{_clock(ends)} UTC"
    open_minutes = set()
    day = DAYS.index(first)
    while True:
        length = ends - begins if ends > begins else ends - begins + 24 * 60
        open_minutes |= {(day * 24 * 60 + begins + i) % (7 * 24 * 60) for i in range(length)}
        if DAYS[day] == last:
            break
        day = (day + 1) % 7
    wait = next(i for i in range(7 * 24 * 60) if (now + i) % (7 * 24 * 60) in open_minutes)
    moment = MONDAY + timedelta(minutes=now)
    assert wait * 60 == SwapWindow.parse(text).opens_in_seconds(moment)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
