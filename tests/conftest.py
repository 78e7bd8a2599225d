"""What all tests share: a clean cache, and no skipped real server in CI."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import binance_creds

sys.path.insert(0, str(Path(__file__).parent))  # for tests/support.py


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """Let no test see what another loaded."""
    binance_creds.clear_cache()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail a skipped real-server test where CI is set: there the server must be installed."""
    report = yield
    if report.skipped and item.get_closest_marker("real_server") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"a real-server test must not skip in CI: {report.longrepr}"
    return report
