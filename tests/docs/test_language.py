"""The pages use plain English: none of the words that this project once used in their place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = {DOCS / "reference" / "api.md", DOCS / "reference" / "errors.md"}
NAMES = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md")
PAGES = [*(ROOT / name for name in NAMES), *sorted(set(DOCS.rglob("*.md")) - GENERATED)]
# Personification, riddles and people who are not there.
ODD = re.compile(
    r"\b(whoever|somebody|nobody|tells?|told|speaks?|heard?|vouch\w*|merely|reading along)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_plain(page) -> None:
    """Write what the program does, and what the reader should do."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert [] == [match[0] for match in ODD.finditer(text)]
