"""The page on the architecture says what is so."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import binance_creds
from binance_creds import load_credentials

PACKAGE = Path(binance_creds.__file__).parent
TEXT = (Path(__file__).parents[2] / "docs" / "explanation" / "architecture.md").read_text()


def test_every_folder_has_one_line_and_no_other_has() -> None:
    folders = {str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.rglob("*/__init__.py")}
    lines = re.findall(r"^\| `([\w/]+)` \| [A-Z][^|]*\. \|$", TEXT, re.MULTILINE)
    assert sorted(lines) == lines
    assert folders - {"."} == set(lines)


@pytest.fixture
def entered(monkeypatch):
    """The files of the package that a cold load enters, one for each call."""
    monkeypatch.setenv("BINANCE_API_KEY", "k1" * 32)
    monkeypatch.setenv("BINANCE_API_SECRET", "s2" * 32)
    load_credentials("env://BINANCE")  # imports are done
    files: list[str] = []

    def note(frame, event: str, argument) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            files.append(str(path.relative_to(PACKAGE)))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        load_credentials("env://BINANCE", fresh=True)
    finally:
        sys.setprofile(before)
    return files


def test_the_way_of_a_secret_is_the_one_that_it_takes(entered) -> None:
    """Each file of the list is entered, and in this order."""
    steps = re.findall(r"^\d+\. `([\w/]+\.py)` ", TEXT, re.MULTILINE)
    assert len(steps) > 8
    calls = iter(entered)
    assert [step for step in steps if step in calls] == steps


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"`([\w/]+\.py)`", TEXT):
        assert (PACKAGE / name).is_file(), name
