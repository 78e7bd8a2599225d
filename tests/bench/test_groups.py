"""Each group of `benchmarks` still runs, and its report can be read."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.__main__ import run
from benchmarks.core import Case, Comparison, Growth, grown, measured
from benchmarks.groups import NAMES
from benchmarks.report import Section, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_a_group_runs_one_round(name) -> None:
    section = run(name, is_trial=True)
    for result in section.results:
        rows = result.figures if hasattr(result, "figures") else result.lines
        assert any(row.startswith("binance-creds") for row in rows)
        assert all(len(figures) == 1 for figures in rows.values())


def test_every_group_is_in_the_list() -> None:
    assert {it.stem for it in (ROOT / "benchmarks/groups").glob("[!_]*.py")} == set(NAMES)


def test_a_ratio_is_one_to_the_same_round() -> None:
    """A machine that becomes ten times as slow changes no ratio."""
    slowness = iter([1, 1, 10, 10, 100, 100])
    cases = [Case("a", lambda: 2.0 * next(slowness)), Case("b", lambda: 4.0 * next(slowness))]
    found = measured(Comparison("t", "ms", cases, base="a", rounds=3))
    assert found.ratio("b") == 2
    assert found.spread("b") == (2, 2)


def test_the_first_of_a_round_is_another_each_time() -> None:
    order: list[str] = []
    cases = [Case(name, lambda name=name: order.append(name) or 1.0) for name in "abc"]
    measured(Comparison("t", "ms", cases, rounds=3))
    assert "".join(order) == "abcbcacab"


def test_a_report_has_a_row_for_each_case_and_a_drawing(tmp_path) -> None:
    compared = measured(Comparison("time <of> it", "ms", [Case("a & b", lambda: 3.0)]))
    growth = Growth("requests", "requests", "secrets", (1, 10), {"ours": lambda number: number / 2})
    write([Section("one", "One", "About.", [compared, grown(growth)], ["x: absent"])], tmp_path)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| a & b | 3.00 | 1.00 | 1.00 to 1.00 |" in page
    assert "| ours | 0.50 | 5.00 |" in page
    assert "Left out: x: absent." in page
    drawn = ET.fromstring((tmp_path / "benchmarks" / "one.svg").read_text())
    texts = {it.text for it in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a & b", "time <of> it (x a & b)", "ours: 5.00"} <= texts


def test_the_page_has_every_group_and_its_drawing() -> None:
    """`make bench` writes both."""
    page = (ROOT / "docs/reference/benchmarks.md").read_text()
    assert re.findall(r"\]\((benchmarks/\w+)\.svg\)", page) == [f"benchmarks/{it}" for it in NAMES]
    for name in NAMES:
        ET.fromstring((ROOT / f"docs/reference/benchmarks/{name}.svg").read_text())
