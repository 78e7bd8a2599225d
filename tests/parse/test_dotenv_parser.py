"""python-dotenv's parser is loaded alone where that is possible, and found in any case."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec

import pytest

from binance_creds import load_credentials
from binance_creds._parse import _dotenv_text
from binance_creds.errors import ProviderNotInstalledError


class Finders:
    """The finders of the process, which do not find one name until another is imported."""

    def __init__(self, hidden: str, until: str = "") -> None:
        self.real = list(sys.meta_path)
        self.hidden, self.until = hidden, until

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        if name == self.hidden and self.until not in sys.modules:
            return None
        found = (finder.find_spec(name, path, target) for finder in self.real)
        return next(filter(None, found), None)


class NoLoader:
    """One that knows of the parser, and cannot load it."""

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        is_it = name == "dotenv.parser" and "dotenv" not in sys.modules
        return ModuleSpec(name, None) if is_it else None


@pytest.fixture
def source(tmp_path, monkeypatch) -> str:
    """A `.env`, in a process that has read none before."""
    path = tmp_path / ".env"
    path.touch(0o600)
    pair = f"BINANCE_API_KEY={'Ak3x' * 16}\nBINANCE_API_SECRET={'Zs9y' * 16}\n"
    path.write_text(f"{pair}OTHER=words that need a parser\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "dotenv"]:
        monkeypatch.delitem(sys.modules, name)
    _dotenv_text.dotenv_parser.cache_clear()
    yield f"dotenv:{path}"
    _dotenv_text.dotenv_parser.cache_clear()


def test_the_parser_is_loaded_without_its_package(source) -> None:
    """Which imports ten modules that it does not need."""
    assert load_credentials(source)
    assert "dotenv" not in sys.modules


def test_a_package_that_is_there_is_used(source) -> None:
    """With whatever the program has changed in it."""
    import dotenv.parser as imported

    assert load_credentials(source)
    assert imported.parse_stream is _dotenv_text.dotenv_parser()


def test_where_the_parser_is_not_found_alone_the_package_is_imported(source, monkeypatch) -> None:
    """As in a frozen program."""
    finders = [NoLoader(), Finders("dotenv.parser", until="dotenv")]
    monkeypatch.setattr(sys, "meta_path", finders)
    assert load_credentials(source)
    assert "dotenv" in sys.modules


def test_an_absent_package_is_named(source, monkeypatch) -> None:
    """With the line that installs it."""
    monkeypatch.setitem(sys.modules, "dotenv", None)
    with pytest.raises(ProviderNotInstalledError, match="pip install 'binance-creds'"):
        load_credentials(source)


def test_a_package_that_is_nowhere_is_named(source, monkeypatch) -> None:
    """As above, as it is on most machines."""
    monkeypatch.setattr(sys, "meta_path", [Finders("dotenv")])
    with pytest.raises(ProviderNotInstalledError, match="the package 'dotenv' is not installed"):
        load_credentials(source)
