"""A load without a source searches for a configuration; what it finds is remembered, never too long."""

from __future__ import annotations

import json
import os
import time
import tomllib

import pytest
from support import token
from waiting import wait_for

from binance_creds import ConfigurationError, load_credentials
from binance_creds._api._plans import planned
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


def test_variables_of_another_mapping_count(keys, monkeypatch) -> None:
    """A test may put a dictionary in the place of `os.environ`."""
    source = "BINANCE_CREDS_SOURCE"
    monkeypatch.setenv(source, f"memory:{keys[0]}")
    assert f"memory:{keys[0]}" == load_credentials().origin
    for name in reversed(keys):
        monkeypatch.setattr(os, "environ", {source: f"memory:{name}"})
        assert f"memory:{name}" == load_credentials().origin


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


@pytest.fixture
def remembered(keys, tmp_path, monkeypatch):
    """Return a function that waits until a search is remembered; what is found is the second key.

    It lies in the user's folder, beside a pyproject.toml that is about something else.
    """
    (tmp_path / "pyproject.toml").write_text("# not for binance-creds\n[tool.other]\n")
    write(tmp_path / "home/binance-creds/config.toml", keys[1])
    reads, loads = [], tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: reads.append(1) or loads(text))

    def is_remembered() -> bool:
        before = len(reads)
        assert f"memory:{keys[1]}" == load_credentials().origin
        return before == len(reads)

    return lambda: wait_for(is_remembered)


def linked(path, name: str) -> None:
    write(path.with_name("target.toml"), name)
    path.symlink_to("target.toml")


def renamed(path, name: str) -> None:
    write(path.with_name("new.toml"), name)
    path.with_name("new.toml").replace(path)


@pytest.mark.parametrize("appear", [write, linked, renamed])
def test_a_file_that_appears_is_found_at_once(keys, tmp_path, remembered, appear) -> None:
    """However it comes there; and what it hid is found again when it goes."""
    path = tmp_path / "binance-creds.toml"
    for _ in range(2):
        remembered()
        appear(path, keys[0])
        path.chmod(0o600)
        assert f"memory:{keys[0]}" == load_credentials().origin
        path.unlink()
        path.with_name("target.toml").unlink(missing_ok=True)
    remembered()


def test_the_target_of_a_link_may_appear_later(keys, tmp_path, remembered) -> None:
    """Nothing changes then in the folder that is searched."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").symlink_to(tmp_path / "elsewhere/pyproject.toml")
    remembered()
    table = f'[tool.binance-creds.profiles.main]\nsource = "memory:{keys[0]}"\n'
    (tmp_path / "elsewhere/pyproject.toml").write_text(table)
    assert f"memory:{keys[0]}" == load_credentials().origin


def test_a_file_that_is_renamed_over_another_is_found_at_once(keys, tmp_path, remembered) -> None:
    """Also the user's, and the folder that holds it."""
    remembered()
    renamed(tmp_path / "home/binance-creds/config.toml", keys[0])
    assert f"memory:{keys[0]}" == load_credentials().origin
    write(tmp_path / "home/binance-creds/config.toml", keys[1])
    remembered()
    write(tmp_path / "new/config.toml", keys[0])
    (tmp_path / "home/binance-creds").rename(tmp_path / "old")
    (tmp_path / "new").rename(tmp_path / "home/binance-creds")
    assert f"memory:{keys[0]}" == load_credentials().origin


def test_a_table_in_a_project_that_had_none_is_found_at_once(keys, tmp_path, remembered) -> None:
    """It is written in place."""
    remembered()
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write(f'[tool.binance-creds.profiles.main]\nsource = "memory:{keys[0]}"\n')
    assert f"memory:{keys[0]}" == load_credentials().origin


VARIABLES = ["BINANCE_CREDS_CONFIG", "BINANCE_CREDS_SOURCE", "HOME", "XDG_CONFIG_HOME"]


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_is_set_later_counts_at_once(
    keys, tmp_path, monkeypatch, remembered, variable
) -> None:
    """And no longer when it is unset."""
    values = {
        "BINANCE_CREDS_CONFIG": str(tmp_path / "other/binance-creds/config.toml"),
        "BINANCE_CREDS_SOURCE": f"memory:{keys[0]}",
        "HOME": str(tmp_path / "other"),
        "XDG_CONFIG_HOME": str(tmp_path / "other"),
    }
    write(tmp_path / "other/binance-creds/config.toml", keys[0])
    write(tmp_path / "other/.config/binance-creds/config.toml", keys[0])
    write(tmp_path / "user/.config/binance-creds/config.toml", keys[1])
    if variable == "HOME":
        monkeypatch.delenv("XDG_CONFIG_HOME")
        monkeypatch.setenv("HOME", str(tmp_path / "user"))
    remembered()
    with monkeypatch.context() as patch:
        patch.setenv(variable, values[variable])
        assert f"memory:{keys[0]}" == load_credentials().origin
    remembered()


def test_the_folder_counts_at_once_and_is_remembered_by_itself(
    keys, tmp_path, monkeypatch, remembered
) -> None:
    """Also where a way leads back to it."""
    write(tmp_path / "elsewhere/binance-creds.toml", keys[0])
    for _ in range(2):
        remembered()
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path / "elsewhere")
            assert f"memory:{keys[0]}" == load_credentials().origin


@pytest.mark.parametrize("age_ms", [0, 49, -49])
def test_what_was_written_a_moment_ago_is_read_again(keys, tmp_path, monkeypatch, age_ms) -> None:
    """A file system's clock may stand still between two changes: then nothing of the file differs."""
    path = tmp_path / "binance-creds.toml"
    write(path, keys[0])
    now = path.stat().st_ctime_ns + age_ms * 1_000_000
    monkeypatch.setattr(time, "time_ns", lambda: now)
    reads, loads = [], tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: reads.append(1) or loads(text))
    for count in (1, 2):
        load_credentials()
        assert len(reads) == count


def test_a_policys_own_file_is_read_at_each_search(keys, tmp_path) -> None:
    """It may change at any time, and is not among the files that a search asks about."""
    policy, path = tmp_path / "policy.toml", tmp_path / "home/binance-creds/config.toml"
    policy.write_text("rotation_days = 10\n")
    write(path, keys[0])
    with path.open("a") as file:
        file.write(f"verify = true\npolicy = {json.dumps(str(policy))}\n")
    wait_for(lambda: time.time_ns() - path.stat().st_ctime_ns > 100_000_000, "another moment")
    for days in (10, 20):
        policy.write_text(f"rotation_days = {days}\n")
        assert days == planned(None, None, None, None).terms.check.policy.rotation_days
