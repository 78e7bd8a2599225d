"""Count the instructions of hot paths, and compare them with the stored limits.

    python -m benchmarks.instructions            fails where a count has changed
    python -m benchmarks.instructions --renew    stores the counts as limits

A count is a ratio to a reference loop of the same run, so it does not depend on the machine. It
depends on how the Python was built, by up to 10 %, and much on its version: the limits are of one.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import binance_creds
from benchmarks.hot_paths import HOT_PATHS, REFERENCES

ROOT: Final = Path(__file__).resolve().parents[1]
LIMITS: Final = Path(__file__).with_name("instructions.toml")
# Both ways, so that 10 % more fails wherever in between a count stands: 0.955 * 1.1 > 1.045.
TOLERANCE: Final = 0.045
THIS_PYTHON: Final = platform.python_version()
HEAD: Final = """\
# How many instructions a call takes, as a ratio to a reference loop of the same run.
# `python -m benchmarks.instructions --renew` counts, and writes this file.
"""


def settled(limits: Mapping[str, float]) -> dict[str, float]:
    """Return the ratio of each hot path; counts again, up to three times, where one has changed.

    On a busy machine a thread that wants to run adds to a count, and never takes away from it.
    """
    found = counted()
    for _ in range(2):
        if not changes(found, limits):
            break
        again = counted()
        found = {name: min(ratio, again[name]) for name, ratio in found.items()}
    return found


def counted(*arguments: str) -> dict[str, float]:
    """Return the ratio of each hot path; takes ten seconds.

    Args:
        arguments: of the program that is counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        command = [
            "valgrind", "--tool=callgrind", "--separate-threads=yes", "--dump-before=getppid",
            f"--callgrind-out-file={out}", sys.executable, "-m", "benchmarks.hot_paths", *arguments,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, env=environ(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"callgrind could not count:\n{done.stderr}")
        # Those of the thread that calls: others run when they like, and more on a busy machine.
        sections = sorted(Path(folder).glob("out.*-01"), key=section_number)
        return ratios([total_of(it) for it in sections])


def environ() -> dict[str, str]:
    """Return an environment that is the same everywhere."""
    package = str(Path(binance_creds.__file__).parents[1])
    return {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONPATH": package}


def section_number(section: Path) -> int:
    return int(section.suffix[1:].partition("-")[0])


def total_of(section: Path) -> int:
    with section.open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("totals:"))


def ratios(totals: list[int]) -> dict[str, float]:
    """Take the difference between 2N and N calls, behind what came before the first of them."""
    rows = list(zip((*REFERENCES, *HOT_PATHS), zip(*[iter(totals)] * 3, strict=False), strict=True))
    costs = {path.name: (twice - once) / path.number for path, (_, once, twice) in rows}
    return {path.name: round(costs[path.name] / costs[path.reference], 4) for path in HOT_PATHS}


def changes(found: Mapping[str, float], limits: Mapping[str, float]) -> list[str]:
    """Return a line for each hot path that takes more instructions than stored, or fewer.

    One that has no stored count yet differs from none.
    """
    return [
        f"{name} takes {ratio / limits[name] - 1:+.1%} instructions: {limits[name]} -> {ratio}"
        for name, ratio in found.items()
        if name in limits and not 1 - TOLERANCE <= ratio / limits[name] <= 1 + TOLERANCE
    ]


def limits() -> tuple[str, dict[str, float]]:
    """Return the version of Python that was counted, and its limits."""
    document = tomllib.loads(LIMITS.read_text())
    return document["python"], document["limits"]


def store(found: dict[str, float]) -> None:
    rows = [f'"{name}" = {ratio}' for name, ratio in found.items()]
    LIMITS.write_text("\n".join([HEAD, f'python = "{THIS_PYTHON}"', "", "[limits]", *rows, ""]))


def main() -> None:
    found = settled(limits()[1])
    for name, ratio in found.items():
        print(f"{name:28} {ratio:9.4f}")
    if "--renew" in sys.argv:
        store(found)
    elif failed := changes(found, limits()[1]):
        sys.exit("\n".join([*failed, f"If that is meant: python -m {__spec__.name} --renew"]))


if __name__ == "__main__":
    main()
