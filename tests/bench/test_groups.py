"""Each group of `benchmarks` still runs, and its report can be read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support import plain_environ

import binance_creds

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks import goals, growing
from benchmarks.core import Bench, Case, Comparison, Growth, Several, grown, measured
from benchmarks.groups import NAMES
from benchmarks.report import Section, of_measured, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", NAMES)
def test_a_group_runs_one_round(name) -> None:
    """In a process of its own: clients of peers leave loops and sockets behind."""
    package = str(Path(binance_creds.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--trial", name],
        cwd=ROOT,
        env=plain_environ(PYTHONPATH=package),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    tables = done.stderr.split("### ")[1:]
    assert tables
    for table in tables:
        assert re.search(r"^\| (\*\*)?binance-creds", table, re.MULTILINE), table


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


def test_what_stands_in_several_tables_is_measured_once_a_round() -> None:
    rounds = iter([{"p50": 1.0, "p99": 2.0}, {"p50": 3.0, "p99": 4.0}])
    one = Several(lambda: next(rounds))
    assert [one.figure("p50"), one.figure("p50")] == [1, 3]
    assert [one.figure("p99"), one.figure("p99")] == [2, 4]


def test_a_case_that_fails_is_named_and_ends_no_run() -> None:
    figures = iter([1.0])
    cases = [Case("a", lambda: 1.0), Case("b", lambda: next(figures))]
    found = measured(Comparison("t", "ms", cases, rounds=3))
    assert (list(found.figures), list(found.failed)) == (["a"], ["b"])
    assert "| b | failed |" in of_measured(found)


def test_what_is_not_installed_is_named(tmp_path) -> None:
    bench = Bench(tmp_path)
    assert not bench.has("a peer", "json", "no_such_package.inside")
    assert bench.left_out == ["a peer: `no_such_package.inside` is not installed"]


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


def test_the_page_has_a_drawing_for_each_of_its_groups() -> None:
    """`make bench` writes both; a group that is new comes onto the page with its next run."""
    page = (ROOT / "docs/reference/benchmarks.md").read_text()
    shown = re.findall(r"\]\(benchmarks/(\w+)\.svg\)", page)
    assert shown == [name for name in (growing.FILE, *NAMES) if name in shown]
    assert "start_up" in shown
    for name in shown:
        ET.fromstring((ROOT / f"docs/reference/benchmarks/{name}.svg").read_text())


def test_a_goal_whose_row_is_absent_is_not_measured() -> None:
    (goal, *_) = goals.GOALS
    empty = measured(Comparison(goal.title, "ms", [Case("a", lambda: 1.0)]))
    assert f"| {goal.work} | {goal.limit:g} {goal.unit} |  |" in goals.table({goal.title: empty})
    assert "not measured" in goals.table({goal.title: empty})
