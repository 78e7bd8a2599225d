"""What the tests of all adapters share."""

from __future__ import annotations

import asyncio

import pytest

from binance_creds.testing import FakeExchange


@pytest.fixture(autouse=True)
def _loop():
    """Give python-binance a loop that somebody closes; it would make one of its own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running
