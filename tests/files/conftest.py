"""A private `.env` file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for files_support.py
from files_support import make_pair


@pytest.fixture
def env_file(tmp_path):
    make_pair(tmp_path / ".env")
    return tmp_path / ".env"
