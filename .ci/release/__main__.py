"""Check what is about to be released; `make release-check` runs it.

Each line says what was checked. What cannot be done here is skipped by name, and what a person has
to do is listed at the end; with `RELEASE_TAG`, as in the workflow of a release, both are failures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from release import audit, clean, contents, licences, text

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass
class Release:
    """Where things are."""

    root: Path
    scratch: Path
    tag: str

    @property
    def wheel(self) -> Path:
        (wheel,) = (self.root / "dist").glob("*.whl")
        return wheel

    @property
    def sdist(self) -> Path:
        (sdist,) = (self.root / "dist").glob("*.tar.gz")
        return sdist

    @property
    def environment(self) -> Path:
        return self.scratch / "clean"


def steps(it: Release) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield what is checked, in order; each returns what it found, or raises."""
    tree = contents.tracked(it.root)
    yield "build", lambda: contents.build_twice(it.root, it.scratch)
    yield "twine", lambda: contents.twine(it.wheel, it.sdist)
    yield "wheel", lambda: contents.judge_wheel(it.wheel, tree)
    yield "sdist", lambda: contents.judge_sdist(it.sdist, tree)
    yield "install", lambda: clean.install(it.wheel, it.environment)
    yield "readme", lambda: clean.run_readme(it.root, it.environment, it.scratch)
    yield "commands", lambda: clean.run_commands(it.environment, it.scratch)
    yield "tutorial", lambda: clean.run_tutorial(it.root, it.scratch / "tutorial", it.wheel)
    yield "licences", lambda: licences.judge("binance-creds")
    yield "advisories", lambda: audit.judge(it.environment)


def run(it: Release) -> int:
    """Run all steps; print a line for each, then what a person has to do."""
    failed, skipped = [], []
    for name, step in steps(it):
        try:
            print(f"== {name:<10} ok: {step()}", flush=True)
        except audit.SkippedError as reason:
            skipped.append(name)
            print(f"== {name:<10} skipped: {reason}", flush=True)
        except (AssertionError, OSError, subprocess.CalledProcessError) as error:
            failed.append(name)
            output = getattr(error, "stdout", "") or ""
            print(f"== {name:<10} FAILED: {error}\n{output}", flush=True)
    left = [*text.left_to_do(it.root, it.tag)]
    print("".join(f"== to do      {line}\n" for line in left), end="")
    failed += [*skipped, *left] if it.tag else []
    print(f"== {'FAILED' if failed else 'passed'}, {len(skipped)} skipped, {len(left)} to do")
    return 1 if failed else 0


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        return run(Release(ROOT, Path(scratch), os.environ.get("RELEASE_TAG", "")))


if __name__ == "__main__":
    sys.exit(main())
