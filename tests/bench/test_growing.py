"""A plot shows how costs grow, and the page says whether that is as promised."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import growing
from benchmarks.core import Growth, grown
from benchmarks.report import Section, write


def measured(title, cost):
    lines = {"binance-creds, x": cost, "a peer": float}
    return grown(Growth(title, "ms", "changes", (1, 100, 1_000), lines, rounds=1))


@pytest.mark.parametrize(
    ("promise", "cost", "verdict"),
    [
        ("A read", lambda number: 90.0, "| 0.00 | 0 | kept |"),
        ("A read", lambda number: 90.0 / number, "| -1.00 | 0 | kept |"),
        ("A read", lambda number: 90.0 * number, "| 1.00 | 0 | **not kept** |"),
        ("A read", lambda number: 90.0 if number < 1_000 else float("nan"), "| 0.00 | 0 | kept |"),
        ("So many changes among 1,000", lambda number: 2.0 * number, "| 1.00 | 1 | kept |"),
        (
            "So many changes among 1,000",
            lambda number: 2.0 * number**2,
            "| 2.00 | 1 | **not kept** |",
        ),
    ],
)
def test_a_promise_is_kept_by_the_power_of_the_last_two_numbers(promise, cost, verdict) -> None:
    text, _ = growing.section({promise: measured(promise, cost)})
    assert verdict in text


def test_the_page_has_the_plot(tmp_path) -> None:
    section = Section("one", "One", "About.", [measured("A read", lambda number: 90.0)], [])
    write([section], tmp_path)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "90.0 ms at 1, 90.0 at 1,000 changes" in page
    assert "](benchmarks/growth.svg)" in page
    drawn = ET.fromstring((tmp_path / "benchmarks" / "growth.svg").read_text())
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}polyline")) == 2


def test_a_page_without_these_figures_has_no_plot(tmp_path) -> None:
    write([Section("one", "One", "About.", [measured("else", float)], [])], tmp_path)
    assert not (tmp_path / "benchmarks" / "growth.svg").exists()


def test_each_promise_names_a_plot_of_a_group() -> None:
    """A plot with another title would be left out of the page, and nobody would notice."""
    groups = "".join(it.read_text() for it in Path(growing.__file__).parent.glob("groups/*.py"))
    assert [it.title for it in growing.PROMISES if f'"{it.title}"' not in groups] == []
