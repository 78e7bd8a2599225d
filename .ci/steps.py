"""Run the steps of `make check`, `make test` and `make test-all`, with a line and a time for each.

The tests print as they run. Beside them, one after another, run the steps whose output matters only
when they fail. A step that fails ends no other; the last lines list all of them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from servers import missing, must_run_all, search_path

ROOT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent
# Two for each core: many tests wait, for a thread, a server or a program.
WORKERS: Final = 2 * (os.cpu_count() or 1)
PYTEST: Final = f"pytest -q -n {WORKERS} --dist worksteal --instafail"
# Where a whole run depends on it, a test that fails has a second try, and the last lines name it.
SECOND_TRY: Final = " --reruns 1 -r fER"
SUITE: Final = f"{PYTEST} --ignore tests/docs --ignore tests/no_extras"
FAST: Final = "tests/config tests/exchange tests/loading tests/parse tests/signers tests/structure tests/values"
MEASURED: Final = {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}


@dataclass
class Step:
    """A command of the environment."""

    name: str
    command: str
    environ: dict[str, str] = field(default_factory=dict)
    result: str = "was not run"

    @property
    def has_passed(self) -> bool:
        return self.result.startswith("passed")

    def run(self, *, is_shown: bool) -> None:
        """Run it; print its output as it comes, or only when it fails."""
        program, *arguments = shlex.split(self.command)
        output = None if is_shown else subprocess.PIPE
        began = time.monotonic()
        done = subprocess.run(
            [str(BIN / program), *arguments], cwd=ROOT, env=os.environ | self.environ,
            stdout=output, stderr=subprocess.STDOUT if output else None, text=True, check=False,
        )  # fmt: skip
        self.result = (
            f"{'FAILED' if done.returncode else 'passed'} in {time.monotonic() - began:.1f} s"
        )
        if done.returncode and not is_shown:
            print(f"\n{done.stdout}")
        print(f"\n{self}", flush=True)

    def __str__(self) -> str:
        return f"== {self.name:<9} {self.result}"


def run(shown: list[Step], beside: list[Step]) -> int:
    """Run both rows of steps at once; return the exit code."""
    began = time.monotonic()
    other = threading.Thread(target=run_row, args=(beside,), daemon=True)
    other.start()
    run_row(shown, is_shown=True)
    other.join()
    steps = [*beside, *shown]
    print("\n" + "\n".join(map(str, steps)))
    has_passed = all(step.has_passed for step in steps)
    print(f"== {'all passed' if has_passed else 'FAILED'} in {time.monotonic() - began:.0f} s")
    return 0 if has_passed else 1


def run_row(steps: list[Step], *, is_shown: bool = False) -> None:
    for step in steps:
        step.run(is_shown=is_shown)


def static() -> list[Step]:
    return [
        Step("ruff", "ruff check ."),
        Step("format", "ruff format --check ."),
        Step("mypy", "mypy"),
        Step("pyright", "pyright"),
    ]


def check() -> int:
    """Run the fast tests, or those of `T`."""
    one = os.environ.get("T")
    return run([Step("tests", f"pytest -q {one}" if one else f"{PYTEST} {FAST}")], static())


def test() -> int:
    """Run everything on this Python."""
    tries = SECOND_TRY if os.environ.get("CI") else ""
    beside = [
        *static(),
        Step("docs", f"pytest -q tests/docs{tries}"),
        Step("wheel", "tox run -e no-extras"),
    ]
    left_out = ",".join(it for one in missing(os.environ) for it in one.covers)
    if left_out:
        print(f"Coverage leaves out {left_out}.")
    report = f"coverage report --omit={left_out}" if left_out else "coverage report"
    suite = [
        Step("erase", "coverage erase"),
        Step("tests", f"coverage run -m {SUITE}{tries}", MEASURED),
        Step("combine", "coverage combine -q"),
        Step("coverage", report),
    ]
    return run(suite, beside)


def test_all() -> int:
    """Run everything, then whole products of cases, other Pythons, every client, frozen programs."""
    rest = [
        Step("product", f"{SUITE} -m product"),
        Step("versions", "tox run -e py312,py313,py314,lowest,frozen"),
        Step("clients", "tox run -m clients"),
    ]
    return test() | run(rest, [])


def main() -> int:
    os.environ["PATH"] = os.pathsep.join([str(BIN), search_path(os.environ)])
    os.environ.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # each worker and program would compile all anew
    if must_run_all(os.environ):
        os.environ["CI"] = "true"  # a skipped real server is a failure
    return {"check": check, "test": test, "test-all": test_all}[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
