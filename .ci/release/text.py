"""What a person has to do before a release: placeholders, the version, the changelog."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PLACEHOLDER: Final = re.compile(r"\bOWNER\b|\bexample\.(com|org|net)\b")
FIRST: Final = "Until the first release"
CONTACTS: Final = ("CODE_OF_CONDUCT.md", "SECURITY.md")


def left_to_do(root: Path, tag: str) -> Iterator[str]:
    """Yield a line for each."""
    yield from placeholders(root)
    for path in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        if path.exists() and FIRST in path.read_text():
            yield f"{path.relative_to(root)}: the note {FIRST!r}, and what to do until then"
    version = version_of(root)
    if tag and tag != f"v{version}":
        yield f"src/binance_creds/_version.py says {version}, and the tag {tag}"
    heading = rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$"
    if not re.search(heading, (root / "CHANGELOG.md").read_text(), re.MULTILINE):
        yield f"CHANGELOG.md: the date of {version}, as `## {version} - YYYY-MM-DD`"


def placeholders(root: Path) -> Iterator[str]:
    """Yield addresses that stand for real ones."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for name, url in project["urls"].items():
        if PLACEHOLDER.search(url):
            yield f"pyproject.toml: [project.urls] {name} is a placeholder: {url}"
    for name in CONTACTS:
        for address in re.findall(r"\S+@example\.\w+", (root / name).read_text()):
            yield f"{name}: {address.rstrip('.')} is a placeholder"


def version_of(root: Path) -> str:
    text = (root / "src" / "binance_creds" / "_version.py").read_text()
    return re.search(r'__version__ = "(.+)"', text)[1]
