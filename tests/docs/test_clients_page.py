"""The table of clients is complete, and its versions are those of the extras."""

from __future__ import annotations

import pkgutil
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "adapters" / "scenario"))

from drivers import CLIENTS, DRIVERS  # noqa: E402

import binance_creds.adapters  # noqa: E402

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def test_every_adapter_has_a_row_and_a_driver() -> None:
    modules = {m.name for m in pkgutil.iter_modules(binance_creds.adapters.__path__)}
    public = {name for name in modules if not name.startswith("_")}
    apart = {name for name, client in CLIENTS.items() if client.apart}
    assert public == set(CLIENTS) == {one.adapter for one in DRIVERS} | apart


@pytest.mark.parametrize("adapter", [name for name, one in CLIENTS.items() if one.extra])
def test_the_oldest_version_is_what_the_extra_asks_for(adapter) -> None:
    client = CLIENTS[adapter]
    first = EXTRAS[client.extra][0]
    assert re.search(r">=([\d.]+)", first)[1] == client.oldest


def test_every_client_of_the_table_is_on_the_page() -> None:
    page = (ROOT / "docs" / "howto" / "clients" / "choose.md").read_text()
    assert set(CLIENTS) <= set(re.findall(r"`adapters\.(\w+)`", page))
