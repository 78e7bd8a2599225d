"""The pages build without a warning, and links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_the_pages_build_strictly(tmp_path) -> None:
    """Every link and anchor leads somewhere, and every page is in a table of contents."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", tmp_path / "trees"]
    built = subprocess.run(
        [*command, DOCS, tmp_path / "html"], capture_output=True, text=True, check=False
    )
    assert built.stderr == ""
    assert built.returncode == 0
    assert (tmp_path / "html" / "index.html").is_file()


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("*.md")))
def test_the_files_that_the_project_links_to_exist(name) -> None:
    """These pages are not built by Sphinx."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text()):
        assert (ROOT / target).exists(), target
