"""A row of ours that is behind a peer says why, or the run fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.__main__ import without_reason
from benchmarks.core import Case, Comparison, Growth, grown, measured
from benchmarks.report import Section, of_grown, of_measured
from benchmarks.standing import NO_REASON, behind

OURS = "binance-creds, x"


def table(ours, unit="us", **peers):
    """Return what was measured of a row of ours, and of peers."""
    return measured(Comparison("t", unit, [case(OURS, ours), *map(case, peers, peers.values())]))


def case(name, figures, **more) -> Case:
    given = iter(figures if isinstance(figures, list) else [figures] * 9)
    return Case(name, lambda: float(next(given)), **more)


@pytest.mark.parametrize(
    ("ours", "peer", "unit", "is_behind"),
    [
        (1.1, 1, "us", True),
        (1, 1.1, "us", False),
        (1.01, 1, "us", False),
        (1.1, 1, "a second", False),
        (1, 1.1, "a second", True),
        (1, 0, "errors", True),
        (0, 0, "errors", False),
        ([1, 1, 1, 9, 9, 9, 9, 9, 9], 5, "us", False),  # in a third of the rounds it is ahead
        ([1, 1, 9, 9, 9, 9, 9, 9, 9], 5, "us", True),
    ],
)
def test_a_row_is_behind_what_is_ahead_of_it_in_three_rounds_of_four(
    ours, peer, unit, is_behind
) -> None:
    assert [one.row for one in behind(table(ours, unit, peer=peer))] == [OURS] * is_behind


def test_a_row_is_shown_beside_the_peer_that_is_furthest_ahead() -> None:
    (one,) = behind(table(4, a=3, b=2, c=5))
    assert (one.peer, one.times) == ("b", 2)


def test_a_floor_and_another_row_of_ours_are_no_peers() -> None:
    others = {"binance-creds, y": 1, "bare, the floor": 1}
    assert behind(table(4, **others)) == []


def test_a_row_that_is_beside_another_has_no_other_peer() -> None:
    cases = [case(OURS, 3, beside="slow alone"), case("slow alone", 3), case("quick alone", 1)]
    found = measured(Comparison("t", "us", cases))
    assert (behind(found), found.ratio(OURS)) == ([], 1)


def test_a_line_is_compared_with_its_peer_at_each_number() -> None:
    lines = {OURS: lambda number: 2.0, "loops": lambda number: float(number)}
    growth = Growth("t", "threads", "files", (1, 10), lines, peers={OURS: "loops"})
    (one,) = behind(grown(growth))
    assert (one.peer, one.times) == ("loops at 1", 2)


def test_the_page_says_why_and_a_run_without_reason_fails() -> None:
    silent = table(2, peer=1)
    told = measured(Comparison("u", "us", [case(OURS, 2, why="It checks."), case("peer", 1)]))
    assert f"* **{OURS}** behind peer (2.00 x): It checks." in of_measured(told)
    assert NO_REASON in of_measured(silent)
    assert list(without_reason([Section("s", "S", "", [told, silent], [])])) == [
        f"S, t: **{OURS}** behind peer (2.00 x), and no reason is given"
    ]


def test_a_plot_says_why_too() -> None:
    lines = {OURS: lambda number: 2.0, "loops": lambda number: float(number)}
    growth = Growth("t", "", "files", (1,), lines, peers={OURS: "loops"}, why={OURS: "It has two."})
    assert f"* **{OURS}** behind loops at 1 (2.00 x): It has two." in of_grown(grown(growth))


def test_rows_with_one_reason_share_a_line() -> None:
    rows = [case(f"binance-creds, {name}", 2, why="It checks.") for name in "ab"]
    text = of_measured(measured(Comparison("t", "us", [*rows, case("peer", 1)])))
    assert "* **binance-creds, a** behind peer (2.00 x), **binance-creds, b** behind peer" in text


def test_no_row_of_the_page_is_behind_without_a_reason() -> None:
    page = Path(__file__).parents[2] / "docs/reference/benchmarks.md"
    assert NO_REASON not in page.read_text()
