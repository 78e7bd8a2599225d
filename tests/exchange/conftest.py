"""A local exchange, and credentials of keys that it knows."""

from __future__ import annotations

import pytest
from support import build

from binance_creds import Environment
from binance_creds.exchange import ExchangeCheck
from binance_creds.testing import FakeExchange


@pytest.fixture
def exchange():
    with FakeExchange() as exchange:
        yield exchange


@pytest.fixture
def testnet():
    with FakeExchange(Environment.TESTNET) as exchange:
        yield exchange


@pytest.fixture
def check(exchange):
    """Give a check at the local exchange."""
    return ExchangeCheck(base_url=exchange.url)


@pytest.fixture
def issue(exchange):
    """Make credentials of a new key; the options are those of `FakeExchange.issue`."""
    return lambda *kind, **options: build(**exchange.issue(*kind, **options).fields())
