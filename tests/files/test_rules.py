"""Whoever can write a file, or exchange it in a folder on the way to it, chooses the key."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess

import pytest
from files_support import STRANGER, USER, as_root, key_of, make_pair, refusal
from support import caught

from binance_creds import load_credentials
from binance_creds.errors import AccessDeniedError, CredentialsWarning


def open_folder(path, mode: int = 0o777):
    path.mkdir()
    path.chmod(mode)
    return path


def test_a_private_file_is_read_without_a_word(env_file, recwarn) -> None:
    """Through a link and by a relative path as well."""
    (env_file.parent / "link").symlink_to(".env")
    assert key_of(f"dotenv:{env_file}") == key_of(f"dotenv:{env_file.parent}/link")
    assert recwarn.list == []


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_a_world_readable_file_warns(env_file, mode) -> None:
    """With the command that mends it."""
    env_file.chmod(mode)
    with pytest.warns(CredentialsWarning, match=f"chmod 600 {env_file}"):
        key_of(f"dotenv:{env_file}")


@pytest.mark.parametrize("mode", [0o602, 0o666])
def test_a_file_that_everybody_can_write_is_refused(env_file, mode) -> None:
    env_file.chmod(mode)
    refusal(env_file, f"every user of this machine can write {env_file}", f"chmod 600 {env_file}")


def inside(folder):
    """Return a `.env` two folders below."""
    (folder / "sub").mkdir(mode=0o700)
    make_pair(folder / "sub" / ".env")
    return folder / "sub" / ".env"


def behind_a_link(folder):
    """Return a link in a private folder to a `.env` in this one."""
    make_pair(folder / ".env")
    (folder.parent / "safe").mkdir(mode=0o700)
    (folder.parent / "safe" / ".env").symlink_to(folder / ".env")
    return folder.parent / "safe" / ".env"


def behind_a_folder_that_is_a_link(folder):
    (folder.parent / "safe").symlink_to(f"{folder.name}/sub/../sub")
    return folder.parent / "safe" / inside(folder).name


def by_a_link_in_it(folder):
    """Return a link in this folder to a `.env` in a private one."""
    (folder.parent / "safe").mkdir(mode=0o700)
    make_pair(folder.parent / "safe" / ".env")
    (folder / ".env").symlink_to("../safe/.env")
    return folder / ".env"


WAYS = [inside, behind_a_link, behind_a_folder_that_is_a_link, by_a_link_in_it]


@pytest.mark.parametrize("way", WAYS)
def test_every_folder_on_the_way_counts(tmp_path, way) -> None:
    """Of the real file and of each link."""
    folder = open_folder(tmp_path / "open")
    path = way(folder)
    text = refusal(path, f"can exchange the files in the folder {folder}")
    run_the_hint(text)
    key_of(f"dotenv:{path}")


def run_the_hint(text: str) -> None:
    command = text.partition("Run: ")[2].partition(" (or")[0]
    subprocess.run(command, shell=True, check=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_with_the_sticky_bit_is_fine_where_its_entries_are_ours(tmp_path, way) -> None:
    """As /tmp is."""
    key_of(f"dotenv:{way(open_folder(tmp_path / 'shared', 0o1777))}")


@as_root
@pytest.mark.parametrize("name", [".env", "safe"])
def test_an_entry_of_another_user_in_a_shared_folder_is_refused(tmp_path, name) -> None:
    """For root too: anybody may have put it there."""
    folder = open_folder(tmp_path / "shared", 0o1777)
    by_a_link_in_it(folder)
    (folder / "safe").mkdir()
    make_pair(folder / "safe" / ".env")
    os.chown(folder / name, STRANGER, -1, follow_symlinks=False)
    path = folder / (".env" if name == ".env" else "safe/.env")
    refusal(path, f"{folder / name} belongs to another user")


@as_root
@pytest.mark.parametrize("owned", [".env", "."], ids=["file", "folder"])
def test_a_file_or_folder_of_another_user_is_refused(env_file, owned, monkeypatch) -> None:
    """Its owner could exchange it."""
    os.chown(env_file.parent / owned, STRANGER, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    refusal(env_file, f"{env_file.parent / owned} belongs to another user")


@as_root
def test_root_reads_what_users_own_with_one_warning(env_file, recwarn) -> None:
    """As bind mounts in a container."""
    for path in (env_file.parent, env_file):
        os.chown(path, STRANGER, -1)
    key_of(f"dotenv:{env_file}")
    assert ["belongs to another user" in str(one.message) for one in recwarn] == [True]


@as_root
def test_what_belongs_to_root_is_fine_for_everybody(env_file, monkeypatch, recwarn) -> None:
    """As mounted secrets do."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    key_of(f"dotenv:{env_file}")
    assert recwarn.list == []


NOBODY_ELSE = grp.struct_group((pwd.getpwuid(USER).pw_name, "x", 777, []))
GROUPS = {
    "the user's own": (NOBODY_ELSE, 777, True),
    "listing its user": (grp.struct_group((*NOBODY_ELSE[:3], [NOBODY_ELSE.gr_name])), 777, True),
    "with another member": (grp.struct_group((*NOBODY_ELSE[:3], ["eve"])), 777, False),
    "of everybody, such as staff": (grp.struct_group(("staff", "x", 777, [])), 777, False),
    "not the primary one": (NOBODY_ELSE, 778, False),
}


@pytest.mark.parametrize(("group", "primary", "is_private"), GROUPS.values(), ids=GROUPS.keys())
@pytest.mark.parametrize("name", [".env", "."], ids=["file", "folder"])
def test_a_group_may_write_if_it_is_the_users_own(
    env_file, monkeypatch, group, primary, is_private, name
) -> None:
    """A umask of 002 is meant for such groups."""
    path = env_file.parent / name
    path.chmod(0o770)
    user = pwd.struct_passwd((NOBODY_ELSE.gr_name, "x", USER, primary, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: user)
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    monkeypatch.setattr(os, "fstat", with_group(os.fstat, 777))
    monkeypatch.setattr(os, "stat", with_group(os.stat, 777))
    if is_private:
        key_of(f"dotenv:{env_file}")
    else:
        refusal(env_file, "the group 777 can", f"-w {path}" if name == "." else "chmod 600")


def with_group(call, group: int):
    """Return a call that says that all it sees belongs to a group."""

    def changed(*arguments, **options) -> os.stat_result:
        status = call(*arguments, **options)
        return os.stat_result((*status[:5], group, *status[6:]), {**times(status)})

    return changed


def times(status: os.stat_result) -> dict[str, int]:
    return {name: getattr(status, name) for name in ("st_mtime_ns", "st_ctime_ns", "st_atime_ns")}


@as_root
@pytest.mark.parametrize(("group", "is_private"), [(STRANGER, True), (STRANGER + 1, False)])
def test_a_user_without_a_name_owns_the_group_of_the_same_number(
    env_file, group, is_private, monkeypatch
) -> None:
    """As in a container that runs as the user of the host."""
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    os.chown(env_file, STRANGER, group)
    env_file.chmod(0o660)
    if is_private:
        key_of(f"dotenv:{env_file}")
    else:
        refusal(env_file, f"the group {group} can write {env_file}")


def test_a_command_in_a_hint_quotes_its_path(tmp_path) -> None:
    """It can be pasted into a shell."""
    folder = open_folder(tmp_path / "it's open")
    make_pair(folder / ".env")
    run_the_hint(refusal(folder / ".env", "can exchange"))
    key_of(f"dotenv:{folder}/.env")


def test_a_folder_of_fields_obeys_the_same_rules(tmp_path) -> None:
    """And a file that a variable names."""
    folder = open_folder(tmp_path / "open")
    make_pair(folder / ".env")
    (folder / "fields").mkdir(mode=0o700)
    for source in (f"file:{folder}/fields", f"file:{folder}", f"file:{folder}/.env"):
        assert isinstance(caught(load_credentials, source), AccessDeniedError)


def test_a_file_that_a_variable_names_obeys_them_too(tmp_path, monkeypatch) -> None:
    folder = open_folder(tmp_path / "open")
    (folder / "key").touch(0o600)
    monkeypatch.setenv("BINANCE_API_KEY_FILE", str(folder / "key"))
    assert isinstance(caught(load_credentials, "env://BINANCE"), AccessDeniedError)


def test_nothing_can_be_exchanged_between_inspection_and_use(tmp_path, monkeypatch) -> None:
    """The folder that was inspected is the one that is read, whatever bears its name now."""
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "other").mkdir(mode=0o700)
    good = make_pair(tmp_path / "folder" / ".env")
    make_pair(tmp_path / "other" / ".env")
    os.utime(tmp_path / "folder" / ".env", (0, 0))  # so that it is read once
    real_stat = os.stat

    def stat(path, *arguments, **options):
        found = real_stat(path, *arguments, **options)
        if path == ".env" and (tmp_path / "other").exists():
            (tmp_path / "folder").rename(tmp_path / "away")
            (tmp_path / "other").rename(tmp_path / "folder")
        return found

    monkeypatch.setattr(os, "stat", stat)
    assert good == key_of(f"dotenv:{tmp_path}/folder/.env")
