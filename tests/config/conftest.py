"""What the tests of the configuration share."""

from __future__ import annotations

import pytest

from binance_creds._config import plan_for


@pytest.fixture
def plan(tmp_path):
    """Plan with no variable and no file but those of the test."""

    def make(source=None, **options):
        options.setdefault("environ", {})
        options.setdefault("directory", str(tmp_path))
        return plan_for(source, **options)

    return make
