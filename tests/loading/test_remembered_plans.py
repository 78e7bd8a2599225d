"""A load without a source searches for a configuration; what it finds is remembered, never too long."""

from __future__ import annotations

import os
import tomllib

import pytest
from support import token
from waiting import wait_for

from binance_creds import ConfigurationError, load_credentials
from binance_creds.providers import memory


@pytest.fixture
def keys(tmp_path, monkeypatch):
    """Two registered pairs, in a working directory without a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    names = token()[:8], token()[:8]
    for name in names:
        memory.register(name, {"api_key": token(), "api_secret": token()})
    yield names
    for name in names:
        memory.unregister(name)


def write(path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[profiles.main]\nsource = "memory:{name}"\n')


PLACES = {
    "found": "binance-creds.toml",
    "of the user": "home/binance-creds/config.toml",
    "named": "other.toml",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_file_is_read_again_when_it_has_changed_and_only_then(
    keys, tmp_path, monkeypatch, place
) -> None:
    """Also where its size is the same, and at once."""
    path = tmp_path / PLACES[place]
    options = {"config": str(path)} if place == "named" else {}
    reads, loads = [], tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: reads.append(1) or loads(text))
    for name in (*keys, *keys):
        write(path, name)
        assert f"memory:{name}" == load_credentials(**options).origin

    def is_remembered() -> bool:
        before = len(reads)
        load_credentials(**options)
        return before == len(reads)

    wait_for(is_remembered)
    assert is_remembered()
    write(path, keys[0])
    assert f"memory:{keys[0]}" == load_credentials(**options).origin


def test_variables_and_the_working_directory_count_too(keys, tmp_path, monkeypatch) -> None:
    """As they are at the call."""
    write(tmp_path / "binance-creds.toml", keys[0])
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere" / "binance-creds.toml", keys[1])
    assert f"memory:{keys[0]}" == load_credentials().origin
    with monkeypatch.context() as patch:
        patch.setenv("BINANCE_CREDS_SOURCE", f"memory:{keys[1]}")
        assert f"memory:{keys[1]}" == load_credentials().origin
    with monkeypatch.context() as patch:
        patch.setenv("BINANCE_CREDS_PROFILE", "other")
        with pytest.raises(ConfigurationError, match="no such profile"):
            load_credentials()
    monkeypatch.chdir("elsewhere")
    assert f"memory:{keys[1]}" == load_credentials().origin
    os.remove("binance-creds.toml")
    monkeypatch.setenv("BINANCE_CREDS_CONFIG", os.path.join(os.pardir, "binance-creds.toml"))
    assert f"memory:{keys[0]}" == load_credentials().origin
