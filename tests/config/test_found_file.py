"""Whoever can write a configuration in the working directory, or exchange it, decides what it says."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import traceback

import pytest
from support import caught

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsWarning,
    ProviderUnavailableError,
)

STRANGER = 23456  # neither root nor the user of the tests
FORMS = {
    "binance-creds.toml": "[profiles.p]\nsource = 'env://FOUND'\n",
    "pyproject.toml": "[tool.binance-creds.profiles.p]\nsource = 'env://FOUND'\n",
}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture(params=FORMS)
def found(request, tmp_path):
    """A configuration, two folders below one that the tests may change."""
    path = tmp_path / "above" / "here" / request.param
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    path.write_text(FORMS[request.param])
    os.utime(path, (0, 0))  # so that it is read once
    return path


@pytest.fixture
def load(found, plan):
    """Plan a load in the folder of the configuration."""
    return lambda **options: plan(directory=str(found.parent), **options)


def refusal(load, found, *parts: str) -> str:
    """Return the text of the refusal, which names the file; the same file may be named."""
    error = caught(load)
    assert isinstance(error, AccessDeniedError)
    assert error.source == f"config:{found}"
    for part in (*parts, f"BINANCE_CREDS_CONFIG={found}"):
        assert part in str(error)
    assert "permissions=relaxed" not in str(error)  # no option of a configuration
    assert load(config=found).terms.profile == "p"
    return str(error)


def run_the_hint(text: str) -> None:
    command = text.partition("Run: ")[2].partition(" (or")[0]
    subprocess.run(command, shell=True, check=True)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444])
def test_a_file_that_others_may_read_is_used(load, found, mode, recwarn) -> None:
    """It holds no secret."""
    found.chmod(mode)
    assert load().terms.profile == "p"
    assert recwarn.list == []


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_a_file_that_everybody_can_write_is_refused(load, found, mode) -> None:
    """And the command that mends it changes nothing else."""
    found.chmod(mode)
    run_the_hint(refusal(load, found, f"every user of this machine can write {found}"))
    assert load().terms.profile == "p"
    assert mode & ~0o022 == stat.S_IMODE(found.stat().st_mode)


@as_root
def test_a_file_that_a_group_can_write_is_refused(load, found) -> None:
    os.chown(found, -1, 34567)
    found.chmod(0o664)
    run_the_hint(refusal(load, found, f"the group 34567 can write {found}"))
    assert load().terms.profile == "p"


@as_root
def test_a_private_group_may_write(load, found, monkeypatch, recwarn) -> None:
    """With a umask of 002 every clone is so; `nobody` of a container has no entry in the tables."""
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    for path, mode in ((found, 0o664), (found.parent, 0o775)):
        os.chown(path, STRANGER, STRANGER)
        path.chmod(mode)
    assert load().terms.profile == "p"
    assert recwarn.list == []


@as_root
@pytest.mark.parametrize("owned", [".", "here", "here/FILE"])
def test_what_belongs_to_another_user_is_refused(load, found, owned, monkeypatch) -> None:
    """The file, its folder, and the folder above."""
    path = found.parent.parent / owned.replace("FILE", found.name)
    os.chown(path, STRANGER, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    refusal(load, found, f"{path} belongs to another user")


@as_root
def test_root_is_warned_of_what_users_own(load, found) -> None:
    """As bind mounts in a container."""
    os.chown(found, STRANGER, -1)
    with pytest.warns(CredentialsWarning, match=f"{found} belongs to another user"):
        assert load().terms.profile == "p"


@pytest.mark.parametrize("above", [".", "here"])
def test_the_folders_above_count(load, found, above) -> None:
    folder = found.parent.parent / above
    folder.chmod(0o777)
    run_the_hint(refusal(load, found, f"can exchange the files in the folder {folder}"))
    assert load().terms.profile == "p"


def test_the_folder_of_a_link_counts(load, found) -> None:
    open_folder = found.parent.parent / "open"
    open_folder.mkdir()
    found.rename(open_folder / found.name)
    found.symlink_to(open_folder / found.name)
    open_folder.chmod(0o777)
    refusal(load, found, f"can exchange the files in the folder {open_folder}")


@as_root
@pytest.mark.parametrize(
    "text",
    ["[tool.other]\n", "[tool.uv.sources]\nbinance-creds = {path = '.'}\n", "x = ["],
    ids=["another tool's", "that names us", "broken"],
)
def test_a_pyproject_without_our_table_is_passed_over(plan, tmp_path, text, monkeypatch) -> None:
    """Whoever owns it, and whoever may write it: nothing of it is used."""
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    path.chmod(0o666)
    os.chown(path, STRANGER, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert plan().terms.profile is None


def test_a_broken_pyproject_that_seems_to_have_our_table_is_refused(plan, tmp_path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.binance-creds]\nx = [\n")
    assert "is not TOML" in str(caught(plan))
    path.chmod(0o666)
    assert isinstance(caught(plan), AccessDeniedError)


def test_a_pyproject_that_cannot_be_read_warns_and_is_passed_over(plan, tmp_path) -> None:
    """A table of ours in it would be ignored, which its owner should know."""
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.warns(CredentialsWarning, match=r"a table \[tool.binance-creds\] in it"):
        assert plan().terms.profile is None


def test_a_file_of_ours_that_is_none_is_refused(plan, tmp_path) -> None:
    """A folder, one that is too large, and a link that leads nowhere, are no absence."""
    path = tmp_path / "binance-creds.toml"
    path.mkdir()
    error = caught(plan)
    assert isinstance(error, ConfigurationError)
    assert f"{path} is not a regular file" in str(error)
    assert "pipe" not in str(error)
    path.rmdir()
    path.write_bytes(b"#" * ((1 << 20) + 1))
    error = caught(plan)
    assert isinstance(error, ConfigurationError)
    assert f"config:{path}: the configuration file is larger than 1 MiB" in str(error)
    path.unlink()
    path.symlink_to("nowhere")
    assert isinstance(caught(plan), ProviderUnavailableError)


def test_a_refusal_keeps_no_frame_of_what_was_read(load, found) -> None:
    found.chmod(0o666)
    error = caught(load)
    names = {frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)}
    assert not any(name.endswith(("/_found_file.py", "/_reader.py")) for name in names)
    assert error.__context__ is None


def test_a_platform_without_owners_checks_none(load, found, monkeypatch, recwarn) -> None:
    """As Windows, which has other permissions; the file holds no secret, so there is no warning."""
    monkeypatch.delattr(os, "geteuid")
    for name in ("pwd", "grp"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(os, "supports_dir_fd", frozenset())
    found.chmod(0o666)
    assert load().terms.profile == "p"
    assert recwarn.list == []


def test_a_file_that_vanishes_meanwhile_is_absent(plan, tmp_path, monkeypatch) -> None:
    path = tmp_path / "binance-creds.toml"
    monkeypatch.setattr(os.path, "lexists", str(path).__eq__)  # it was there a moment ago
    assert plan().terms.profile is None
