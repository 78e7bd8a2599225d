"""Programs that tests call; what CI installs may not be missing there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

OF_GO = {"actionlint", "compose-go", "gitleaks", "kubectl-validate"}  # built only where Go is
ELSEWHERE = {"hadolint", "systemd-analyze"}  # of one environment, and of the system


def program(name: str) -> str:
    """Return where a program is, beside this Python or on PATH; without it, skip the test or fail."""
    found = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    if found is None:
        may_be_missing = name in ELSEWHERE or (name in OF_GO and not shutil.which("go"))
        if os.environ.get("CI") == "true" and not may_be_missing:
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found
