"""What the tests of all adapters share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _loop(loop) -> None:
    """Every second test makes a client of python-binance."""
