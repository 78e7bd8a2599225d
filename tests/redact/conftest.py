"""A canary, a fresh state of logging, and local servers that remember what they were sent."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path

import pytest

from binance_creds import KeyType
from binance_creds.redact import install_redaction
from binance_creds.testing import FakeExchange

sys.path.append(str(Path(__file__).parent))

from canary import Canary


@pytest.fixture(scope="session")
def canary_exchange():
    with FakeExchange() as running:
        yield running


@pytest.fixture(scope="session")
def keys(canary_exchange):
    return [canary_exchange.issue(KeyType.HMAC), canary_exchange.issue(KeyType.RSA)]


@pytest.fixture
def canary(canary_exchange, keys):
    return Canary(canary_exchange, keys)


@pytest.fixture
def logs():
    """Restore what the paths change of stdlib logging."""
    names = [*logging.root.manager.loggerDict, None]
    before = {
        name: (
            logging.getLogger(name).level,
            logging.getLogger(name).handlers[:],
            logging.getLogger(name).propagate,
        )
        for name in names
    }
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(False)
    for name in [*logging.root.manager.loggerDict, None]:
        logger = logging.getLogger(name)
        level, handlers, propagate = before.get(name, (logging.NOTSET, [], True))
        logger.setLevel(level)
        logger.handlers[:] = handlers
        logger.propagate = propagate


@pytest.fixture
def install():
    """Return what installs the redaction; it is undone at the end, whatever happens."""
    undo = []

    def install(**options):
        undo.append(install_redaction(**options))
        return undo[-1]

    yield install
    for each in undo:
        each()
