"""The shape of the house: imports, exports, callers of reveal."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import binance_creds

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "binance_creds"
FILES = sorted(PACKAGE.rglob("*.py"))


def test_the_contracts_of_imports_are_kept() -> None:
    """Layers, no circles, one room for each library; `pyproject.toml` holds them."""
    linter = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def public_modules() -> list[str]:
    names = ["binance_creds"]
    for info in pkgutil.walk_packages(binance_creds.__path__, "binance_creds."):
        if not any(part.startswith("_") for part in info.name.split(".")[1:]):
            names.append(info.name)
    return names


@pytest.mark.parametrize("name", public_modules())
def test_exports_are_sorted_complete_and_documented(name) -> None:
    """A stranger finds what a module gives in `__all__`."""
    module = importlib.import_module(name)
    assert module.__all__ == sorted(module.__all__)
    assert module.__doc__
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == name
    }
    assert public <= set(module.__all__)
    for key in module.__all__:
        value = getattr(module, key)
        if inspect.isroutine(value) or inspect.isclass(value):  # an alias has its text beside it
            assert value.__doc__, key


def test_errors_and_types_of_arguments_are_at_the_top() -> None:
    """Whoever catches an error or annotates a function of his own imports one package."""
    assert set(binance_creds.errors.__all__) <= set(binance_creds.__all__)
    for name in binance_creds.__all__:
        assert getattr(binance_creds, name) is not None, name


def test_what_is_imported_late_is_listed_as_well() -> None:
    """A shell completes names by `dir`; a name that is nowhere is an AttributeError."""
    assert set(binance_creds.__all__) <= set(dir(binance_creds))
    with pytest.raises(AttributeError, match="no attribute 'load_all'"):
        binance_creds.load_all


ALLOWED = re.compile(
    r"^(signers/|adapters/|_parse/|_files/_replacing\.py|testing/|scan/_own/_digests\.py|exchange/(_line|_causes)\.py|_raw\.py|_secret\.py|(cli/_commands/show|launch/_variables)\.py|providers/(keychain/(_keyring|_items|_secret_service)"
    r"|remote/_payload|aws/_writing|azure/_writing|google/_versions"
    r"|signing/token/_pin|vault/(_kv|_methods|_session))\.py)"
)


def test_plaintext_is_revealed_in_few_places() -> None:
    """Signers, adapters, the parser, what writes into a store, and what finds a key by its start."""
    revealing = re.compile(r"\.reveal\(\)|\bplain_bytes\(")
    callers = {str(p.relative_to(PACKAGE)) for p in FILES if revealing.search(p.read_text())}
    assert {name for name in callers if not ALLOWED.match(name)} == set()


def test_every_exception_from_a_check_has_a_reason() -> None:
    """`pragma`, `noqa` and `type: ignore` say why; `noqa: PLC0415` imports where it is used."""
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for mark in re.findall(r"# (pragma: no \w+|type: ignore(?:\[[^]]*\])?)(.*)$", line):
                assert "# " in mark[1] or "  #" in mark[1] or "type: ignore" in mark[0], (
                    f"{path.name}:{number}"
                )


def test_the_project_speaks_of_itself() -> None:
    """No path of a machine, nothing outside its own tree."""
    for path in (
        p
        for folder in ("src", "tests", "examples", "docs")
        for p in (ROOT / folder).rglob("*")
        if p.is_file()
    ):
        if path.suffix in {".py", ".md", ".toml", ".json"} and path != Path(__file__):
            text = path.read_text()
            assert "/root/" not in text, path
            assert "../shared" not in text, path
