"""Measure groups beside their peers, and write the page: `python -m benchmarks [--trial] [GROUP ...]`.

With names of groups only these are measured, and printed; the page is written by a whole run.
It fails where a row of ours is behind a peer and gives no reason in words.
`--trial` measures one round of little, which shows only that everything still runs.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.core import Bench, Measured, results
from benchmarks.groups import NAMES
from benchmarks.report import Section, of_grown, of_measured, progress, write
from benchmarks.standing import behind


def run(name: str, *, is_trial: bool) -> Section:
    """Measure a group."""
    group = import_module(f"benchmarks.groups.{name}")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), is_trial=is_trial)
        with bench.stack:
            for result in results(group.comparisons(bench), is_trial=is_trial):
                show = of_measured if isinstance(result, Measured) else of_grown
                progress(show(result))
                found.append(result)
    return Section(name, group.TITLE, group.ABOUT, found, bench.left_out)


def main(arguments: list[str]) -> None:
    logging.disable()  # outages are part of it
    began = time.monotonic()
    chosen = [it for it in arguments if it != "--trial"]
    if unknown := set(chosen) - set(NAMES):
        raise SystemExit(f"No group {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}.")
    is_trial = "--trial" in arguments
    sections = [run(name, is_trial=is_trial) for name in chosen or NAMES]
    if not chosen and not is_trial:
        write(sections)
    progress(f"{time.monotonic() - began:.0f} s")
    if not is_trial and (unexplained := list(without_reason(sections))):
        raise SystemExit("\n".join(unexplained))


def without_reason(sections: list[Section]) -> Iterator[str]:
    """Yield each row that is behind a peer and does not say why."""
    for section in sections:
        for result in section.results:
            for one in behind(result):
                if not one.why:
                    yield f"{section.title}, {result.of.title}: {one}, and no reason is given"


if __name__ == "__main__":
    main(sys.argv[1:])
