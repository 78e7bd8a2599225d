"""Known vulnerabilities of what the wheel installs, where the advisories can be reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


class SkippedError(Exception):
    """It cannot be checked here, and this is why."""


def judge(environment: Path) -> str:
    """Ask pip-audit about everything in an environment.

    Raises:
        SkippedError: the advisories cannot be reached.
    """
    (packages,) = environment.glob("lib/python3*/site-packages")
    command = ["--path", str(packages), "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *command], capture_output=True, text=True, check=False
    )
    if not done.stdout.strip():
        reason = done.stderr.strip().splitlines()[-1:] or ["pip-audit prints nothing"]
        raise SkippedError(f"pip-audit cannot reach the advisories: {reason[0]}")
    return verdict(json.loads(done.stdout)["dependencies"])


def verdict(dependencies: list[dict]) -> str:
    """Judge what pip-audit found.

    Raises:
        AssertionError: with the names and advisories, where there are any.
    """
    found = {
        it["name"]: [one["id"] for one in it["vulns"]] for it in dependencies if it.get("vulns")
    }
    assert not found, f"{found}"
    return f"none for {len(dependencies)} packages"
