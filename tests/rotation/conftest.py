"""An owner of a key in a `.env`."""

from __future__ import annotations

import pytest
from rotating import Owner


@pytest.fixture
def owner(tmp_path, exchange):
    tmp_path.chmod(0o700)
    return Owner(f"dotenv:{tmp_path}/.env", exchange, tmp_path / "state")
