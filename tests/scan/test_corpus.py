"""Generated lines: keys are found, and what looks like them is not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from scan_corpus import LOOKALIKES, SHAPES, Values

from binance_creds import scan

FEW, MANY = 1_000, 10_000


def found_in(text: str) -> list[scan.Finding]:
    return scan.stream(io.BytesIO(text.encode())).findings


def each(table, many: int, seed: int):
    it = Values(seed)
    for number in range(many):
        name = list(table)[number % len(table)]
        yield name, table[name](it)


def missed(many: int, seed: int) -> list[str]:
    return [name for name, text in each(SHAPES, many, seed) if not found_in(text)]


def alarms(many: int, seed: int) -> list[str]:
    return [name for name, text in each(LOOKALIKES, many, seed) if found_in(text)]


def test_of_lines_with_keys_one_in_a_hundred_is_missed_at_most() -> None:
    assert len(missed(FEW, 1)) <= FEW // 100


def test_lookalikes_raise_no_alarm() -> None:
    assert alarms(FEW, 2) == []


@pytest.mark.product
def test_of_many_lines_with_keys_one_in_a_hundred_is_missed_at_most() -> None:
    assert len(missed(MANY, 3)) <= MANY // 100


@pytest.mark.product
def test_many_lookalikes_raise_no_alarm() -> None:
    assert alarms(MANY, 4) == []


@pytest.mark.product
@pytest.mark.parametrize("name", ["botocore", "cryptography", "pydantic", "redis", "sphinx"])
def test_the_sources_of_large_packages_raise_no_alarm(name) -> None:
    package = pytest.importorskip(name)
    report = scan.paths([Path(package.__file__).parent])
    assert report.bytes > 1_000_000
    assert report.findings == []
