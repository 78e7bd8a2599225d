"""A relative path begins where the program was when it asked, wherever it goes afterwards."""

from __future__ import annotations

import json

import pytest
from support import new_key
from waiting import PATIENCE

from binance_creds import SourceURI, load_credentials
from binance_creds.errors import SecretNotFoundError
from binance_creds.providers import Deadline
from binance_creds.providers.local.environment import EnvironmentProvider


@pytest.fixture
def folders(tmp_path):
    """Two directories of the same files, with a pair of their own each."""
    made = []
    for name in ("one", "two"):
        folder, key = tmp_path / name, new_key()
        folder.mkdir()
        lines = (f"BINANCE_{field.upper()}={text}\n" for field, text in key.fields().items())
        for path, text in (
            (".env", "".join(lines)),
            ("pair.json", json.dumps(key.fields())),
            ("key", key.api_key),
            ("secret", str(key.api_secret)),
            ("c.toml", '[profiles.p]\napi_key = "file:key"\napi_secret = "file:secret"\n'),
        ):
            (folder / path).touch(0o600)
            (folder / path).write_text(text)
        made.append((folder, key))
    return made


@pytest.fixture(autouse=True)
def _nothing_else_is_configured(monkeypatch) -> None:
    for name in ("BINANCE_CREDS_CONFIG", "BINANCE_CREDS_SOURCE", "BINANCE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("arguments", "origin"),
    [
        ({"source": "dotenv:.env"}, "dotenv:{}/.env"),
        ({"source": "dotenv:"}, "dotenv:{}/.env"),
        ({"source": ["dotenv:.env"]}, "dotenv:{}/.env"),
        ({"source": SourceURI.parse("file:pair.json")}, "file:{}/pair.json"),
        ({}, "dotenv:{}/.env"),
        ({"profile": "p", "config": "c.toml"}, "file:{0}/key + file:{0}/secret"),
    ],
    ids=["text", "no path", "list", "value", "defaults", "two halves"],
)
def test_the_cache_gives_the_pair_of_the_directory_of_now(
    folders, monkeypatch, arguments, origin
) -> None:
    """Never that of another directory, which may be of another account; the origin says which."""
    for folder, key in folders:
        monkeypatch.chdir(folder)
        loaded = load_credentials(**arguments)
        assert (loaded.api_key.reveal(), loaded.origin) == (key.api_key, origin.format(folder))
        assert loaded.explain().origin == loaded.origin


def test_the_ways_to_write_one_path_share_one_read(folders, monkeypatch) -> None:
    """As do an absolute path and itself after a change of the directory."""
    (folder, _), (other, _) = folders
    monkeypatch.chdir(folder)
    assert load_credentials("dotenv:.env") is load_credentials(["dotenv:.env"])
    before = load_credentials(f"dotenv:{folder}/.env")
    monkeypatch.chdir(other)
    assert before is load_credentials(f"dotenv:{folder}/.env")


@pytest.mark.parametrize("source", ["file:pair.json", "dotenv:.env"])
def test_live_credentials_keep_their_file_when_the_program_leaves(
    folders, monkeypatch, tmp_path, source
) -> None:
    """As a daemon does, which goes to the root of the file system."""
    (folder, key), _ = folders
    monkeypatch.chdir(folder)
    with load_credentials(source, live=True) as live:
        monkeypatch.chdir(tmp_path)
        live.refresh()
        live.refresh()
        assert live.current.api_key.reveal() == key.api_key


def test_a_relative_file_variable_keeps_its_file_too(folders, monkeypatch, tmp_path) -> None:
    """It begins at the working directory of the first read."""
    (folder, key), _ = folders
    monkeypatch.chdir(folder)
    variables = {"BINANCE_API_KEY_FILE": "key", "BINANCE_API_SECRET_FILE": "secret"}
    provider = EnvironmentProvider(SourceURI("env", "BINANCE"), environ=variables)
    for _ in range(2):
        assert provider.fetch(Deadline(PATIENCE)).fields["api_key"].reveal() == key.api_key
        monkeypatch.chdir(tmp_path)


def test_a_working_directory_that_was_removed_holds_nothing(tmp_path, monkeypatch) -> None:
    """It is absence, as is a file that was removed."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for source in ("dotenv:.env", ["dotenv:.env"]):
        with pytest.raises(SecretNotFoundError):
            load_credentials(source)
