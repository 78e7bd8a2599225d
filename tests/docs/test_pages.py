"""The pages build without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_pages_build_strictly(tmp_path) -> None:
    """Every link and anchor leads somewhere, and every page is in a table of contents."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", tmp_path / "trees"]
    built = subprocess.run(
        [*command, DOCS, tmp_path / "html"], capture_output=True, text=True, check=False
    )
    assert built.stderr == ""
    assert built.returncode == 0
    assert (tmp_path / "html" / "index.html").is_file()
