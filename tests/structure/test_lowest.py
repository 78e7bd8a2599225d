"""`tests/lowest.txt` pins exactly what pyproject.toml allows at the least."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pinned_of(requirements: list[str], operator: str) -> dict[str, str]:
    """Return the version of each, without zeros at its end: 2.0.0 is 2."""
    found = (re.match(rf"([\w-]+){operator}([\d.]+)", one) for one in requirements)
    return {one[1].lower(): re.sub(r"(\.0)+$", "", one[2]) for one in found if one}


def test_every_oldest_version_is_pinned_and_no_other() -> None:
    extras = PROJECT["optional-dependencies"].values()
    allowed = [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]
    lines = (ROOT / "tests" / "lowest.txt").read_text().splitlines()
    assert pinned_of(lines, "==") == pinned_of(allowed, ">=")
