"""File sources where the platform has less than Linux: simulated by taking functions away."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest
from files_support import key_of, make_pair, refusal
from support import caught, plain_environ

from binance_creds import load_credentials
from binance_creds.errors import CredentialsWarning, ProviderUnavailableError, SecretNotFoundError


def without_descriptors_of_folders(monkeypatch) -> None:
    """As a system whose calls take no `dir_fd`."""
    monkeypatch.setattr(os, "supports_dir_fd", frozenset())
    for name in ("open", "stat", "readlink"):
        monkeypatch.setattr(os, name, refusing_dir_fd(getattr(os, name)))


def refusing_dir_fd(call):
    def changed(path, *arguments, dir_fd=None, **options):
        if dir_fd is not None:
            raise NotImplementedError("dir_fd unavailable on this platform")
        return call(path, *arguments, **options)

    return changed


def without_opening_folders(monkeypatch) -> None:
    real_open = os.open

    def open_(path, *arguments, **options):
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_)


def without_flags(monkeypatch) -> None:
    for name in ("O_PATH", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"):
        monkeypatch.delattr(os, name)


def without_search_only(monkeypatch) -> None:
    """As macOS, which has no `O_PATH`."""
    monkeypatch.delattr(os, "O_PATH")


def without_owners(monkeypatch) -> None:
    """As Windows."""
    monkeypatch.delattr(os, "geteuid")
    for name in ("pwd", "grp"):
        monkeypatch.setitem(sys.modules, name, None)


LESS = {
    "no dir_fd": [without_descriptors_of_folders],
    "folders that do not open": [without_opening_folders],
    "no flags": [without_flags],
    "macOS": [without_search_only],
}
WINDOWS = [
    without_owners,
    without_opening_folders,
    without_descriptors_of_folders,
    without_flags,
]


@pytest.fixture(params=LESS.values(), ids=LESS.keys())
def less(request, monkeypatch):
    for take_away in request.param:
        take_away(monkeypatch)


@pytest.fixture
def windows(monkeypatch):
    for take_away in WINDOWS:
        take_away(monkeypatch)


FORMS = ["dotenv:%s/.env", "dotenv:%s/link", "file:%s/.env", "file:%s", "file:%s/..1"]


def make_mounted(folder, env_file) -> None:
    """Put the pair into the folder as kubelet does, and a link beside it."""
    (folder / "..1").mkdir(0o700)
    for line in env_file.read_text().split():
        name, _, text = line.partition("=")
        (folder / "..1" / name).touch(0o600)
        (folder / "..1" / name).write_text(text)
    (folder / "..data").symlink_to("..1")
    (folder / "link").symlink_to(".env")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(less, env_file, form) -> None:
    make_mounted(env_file.parent, env_file)
    assert key_of(form % env_file.parent) in env_file.read_text()


def test_the_folders_on_the_way_still_count(less, tmp_path) -> None:
    """Each with what the platform has."""
    (tmp_path / "open").mkdir()
    make_pair(tmp_path / "open" / ".env")
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "safe").symlink_to("open")
    refusal(tmp_path / "safe" / ".env", "can exchange the files in the folder")


@pytest.mark.parametrize("form", FORMS)
def test_windows_reads_every_form_and_warns_once(windows, env_file, form) -> None:
    """There, owners and modes mean nothing."""
    make_mounted(env_file.parent, env_file)
    env_file.chmod(0o666)
    with pytest.warns(CredentialsWarning, match="are not checked on this platform") as told:
        for _ in range(2):
            assert key_of(form % env_file.parent, fresh=True) in env_file.read_text()
    assert len(told) == 1


def test_windows_does_not_warn_who_knows(windows, env_file, recwarn) -> None:
    key_of(f"dotenv:{env_file}?permissions=relaxed")
    assert recwarn.list == []


def test_windows_tells_absence_from_a_link_that_leads_nowhere(windows, tmp_path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.warns(CredentialsWarning, match="are not checked"):
        absent = caught(load_credentials, f"dotenv:{tmp_path}/.env")
        dangling = caught(load_credentials, f"dotenv:{tmp_path}/link", timeout_seconds=0.01)
    assert isinstance(absent, SecretNotFoundError)
    assert isinstance(dangling, ProviderUnavailableError)


def test_a_group_that_cannot_be_looked_up_is_not_private(env_file, monkeypatch) -> None:
    """As in a Python without `grp`."""
    monkeypatch.setitem(sys.modules, "grp", None)
    env_file.chmod(0o660)
    refusal(env_file, "the group")


LIVE = """
import os, random, sys  # random asks for register_at_fork
for name in ("pwd", "grp"):
    sys.modules[name] = None
del os.eventfd, os.geteuid, os.register_at_fork, os.O_DIRECTORY, os.O_NOFOLLOW, os.O_PATH
os.supports_dir_fd.clear()
from binance_creds import load_credentials
with load_credentials(sys.argv[1], live=True) as live:
    print(live.current.api_key.reveal(), live.status().change_sources)
"""


def test_a_live_handle_works_without_inotify_and_owners(env_file) -> None:
    """It compares, and says so."""
    done = subprocess.run(
        [sys.executable, "-c", LIVE, f"dotenv:{env_file}"],
        capture_output=True, text=True, env=plain_environ(), check=True,
    )  # fmt: skip
    key, _, ways = done.stdout.strip().partition(" ")
    assert key in env_file.read_text()
    assert "('stat', 'poll')" == ways
