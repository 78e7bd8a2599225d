"""The generated pages are those of the source as it is, and leave nothing out."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path

import pytest

import binance_creds
from binance_creds.cli._commands import COMMANDS

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


SOURCE = "\n".join(path.read_text() for path in Path(binance_creds.__file__).parent.rglob("*.py"))
ERRORS = (DOCS / "reference" / "errors.md").read_text()


def test_every_code_has_a_section() -> None:
    """With the anchor of its name, and what a chain and live credentials do."""
    codes = {
        kind.code
        for kind in vars(binance_creds.errors).values()
        if isinstance(kind, type) and issubclass(kind, binance_creds.CredentialsError)
    } - {binance_creds.CredentialsError.code}
    assert codes == set(re.findall(r"^## `(\w+)`$", ERRORS, re.MULTILINE))
    assert codes == set(re.findall(r"^\| \[`(\w+)`\]\(#\1\) \|", ERRORS, re.MULTILINE))


def test_every_reason_has_a_row() -> None:
    """However the source gives it: by name, or first to a function that refuses."""
    used = {
        *re.findall(r'reason(?:: str)? ?= ?"(\w+)"', SOURCE),
        *re.findall(r'\b_?refuse\(\s*"(\w+)",', SOURCE),
        *re.findall(r'reason, \w+, \w+ = "(\w+)"', SOURCE),
    }
    assert len(used) > 30
    assert used == set(re.findall(r'<a id="reason-(\w+)"></a>', ERRORS))


@pytest.mark.parametrize(
    "message",
    [
        "No source has the credentials.",  # in a sentence
        "The secret has changed since it was read.",  # a row that all stores share
        "This identity may not assume the role.",  # a row of one store
        "There is no such file or folder",  # of the operating system
        "private_key is in PuTTY's format (.ppk).",  # given to a function that refuses
    ],
)
def test_a_message_is_found_however_it_is_raised(message) -> None:
    assert f"| {message} |" in ERRORS


OURS = set(re.findall(r"BINANCE_CREDS_[A-Z]+(?:_[A-Z]+)*", SOURCE))
INNER = {"BINANCE_CREDS_NEW", "BINANCE_CREDS_PID"}  # between processes of ours


def test_every_variable_of_ours_is_on_the_page() -> None:
    page = (DOCS / "reference" / "environment.md").read_text()
    assert OURS - INNER == set(re.findall(r"`(BINANCE_CREDS_\w+)`", page))


def test_every_command_has_its_help_on_the_page() -> None:
    page = (DOCS / "reference" / "commands.md").read_text()
    assert set(COMMANDS) == set(re.findall(r"^## binance-creds ([a-z-]+)$", page, re.MULTILINE))
