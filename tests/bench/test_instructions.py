"""The hot paths take as many instructions as are stored; `benchmarks/instructions.py` counts them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from programs import program

from benchmarks import instructions
from benchmarks.hot_paths import A_TENTH_MORE, HOT_PATHS

PYTHON, LIMITS = instructions.limits()


@pytest.mark.skipif(instructions.THIS_PYTHON != PYTHON, reason=f"the limits are of {PYTHON}")
def test_hot_paths_take_the_instructions_that_are_stored() -> None:
    """After a change that is meant: `python -m benchmarks.instructions --renew`."""
    program("valgrind")
    assert instructions.changes(instructions.settled(LIMITS), LIMITS) == []


@pytest.mark.skipif(instructions.THIS_PYTHON != PYTHON, reason=f"the limits are of {PYTHON}")
def test_a_tenth_more_instructions_of_a_hot_path_fail() -> None:
    """Counted, each of them."""
    program("valgrind")
    failed = instructions.changes(instructions.counted(A_TENTH_MORE), LIMITS)
    assert [path.name for path in HOT_PATHS] == [line.partition(" takes +")[0] for line in failed]


def test_every_hot_path_has_a_count() -> None:
    assert [path.name for path in HOT_PATHS] == list(LIMITS)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("since_then", [0.956, 1, 1.044])
def test_ten_percent_more_are_too_many_wherever_the_count_stood(name, since_then) -> None:
    stood = {**LIMITS, name: LIMITS[name] * since_then}
    assert instructions.changes(stood, LIMITS) == []
    (line,) = instructions.changes({**stood, name: stood[name] * 1.1}, LIMITS)
    assert line.startswith(f"{name} takes +")


def test_what_became_faster_is_stored_anew() -> None:
    """Otherwise the next change could take back what this one gave."""
    faster = {name: limit * 0.9 for name, limit in LIMITS.items()}
    assert len(instructions.changes(faster, LIMITS)) == len(LIMITS)
