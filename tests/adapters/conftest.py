"""What the tests of all adapters share."""

from __future__ import annotations

import pytest

from binance_creds.testing import FakeExchange


@pytest.fixture(autouse=True)
def _loop(loop) -> None:
    """Every second test makes a client of python-binance."""


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running
