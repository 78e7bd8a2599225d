"""The scenario that every client must pass: its world, and its clients."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for drivers.py and world.py


@pytest.fixture
def world(exchange):
    from world import World

    with World(exchange) as made:
        yield made
