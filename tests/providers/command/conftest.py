"""What the tests of commands share."""

from __future__ import annotations

import pytest
from stand_ins import Programs
from support import token


@pytest.fixture
def programs(tmp_path) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o700)
    return Programs(folder, token())
