"""The generated pages are those of the source as it is, and leave nothing out."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path

import pytest

import binance_creds

DOCS = Path(__file__).parents[2] / "docs"
sys.path.append(str(DOCS))

import generate  # noqa: E402

PAGES = generate.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_committed_page_is_the_generated_one(path) -> None:
    """After a change of the source, `make docs` writes it anew."""
    assert path.read_text(encoding="utf-8") == PAGES[path]


def public_modules() -> list[str]:
    return [
        "binance_creds",
        *(
            info.name
            for info in pkgutil.walk_packages(binance_creds.__path__, "binance_creds.")
            if not any(part.startswith("_") for part in info.name.split("."))
        ),
    ]


@pytest.mark.parametrize("module", public_modules())
def test_every_public_name_is_on_the_page(module) -> None:
    """In the section of its module: with its signature, or with where that is."""
    page = (DOCS / "reference" / "api.md").read_text()
    section = page.partition(f"\n## `{module}`\n")[2].partition("\n## ")[0]
    names = set(importlib.import_module(module).__all__)
    shown = re.findall(r"^### `(\w+)`", section, re.MULTILINE)
    named = re.findall(r"^Also here.*", section, re.MULTILINE)
    assert names == {*shown, *re.findall(r"`(\w+)`", " ".join(named))} - {"binance_creds"}
