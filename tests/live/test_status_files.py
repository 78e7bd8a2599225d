"""A file says which key each handle of a process uses; nothing that happens to it harms the bot."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from threading import Event

import pytest
from live_support import Told, settle_threads
from support import caught, plain_environ, token
from waiting import PATIENCE, wait_for

from binance_creds import ConfigurationError, RefreshPolicy, load_credentials
from binance_creds._process import machine
from binance_creds.rotation import reports_of
from binance_creds.testing import assert_no_leak

SLOW = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", jitter=0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "bots"
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", str(path))
    return path


def only(folder):
    """Return what the one file says, once it is there."""
    wait_for(lambda: folder.is_dir() and len(list(folder.glob("binance-creds-*.json"))) == 1)
    (path,) = folder.glob("binance-creds-*.json")
    return json.loads(path.read_text())


def fingerprints(folder) -> list[str]:
    if not list(folder.glob("*.json")):
        return []
    return [one["fingerprint"] for one in only(folder)["handles"]]


def test_a_handle_says_which_key_it_uses(store, folder):
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        said = only(folder)
        assert os.getpid() == said["pid"]
        (handle,) = said["handles"]
        assert live.current.fingerprint == handle["fingerprint"]
        assert "held:a" == handle["source"]
        assert "1" == handle["version"]
        assert "fresh" == handle["state"]
        assert_no_leak(store.secrets["a"][1]["api_secret"], json.dumps(said))
        assert_no_leak(store.secrets["a"][1]["api_key"][8:], json.dumps(said))


def test_only_the_user_may_read_it(store, folder):
    with load_credentials("held:a", live=True, refresh=SLOW):
        only(folder)
        (path,) = folder.iterdir()
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert 0o700 == stat.S_IMODE(folder.stat().st_mode)


def test_it_says_a_new_key_soon(store, folder, clock):
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        before = only(folder)["handles"][0]["since"]
        clock.advance(1)
        store.put("a")
        live.refresh()
        wait_for(lambda: [live.current.fingerprint] == fingerprints(folder))
        assert before < only(folder)["handles"][0]["since"]


def test_one_file_says_what_all_handles_of_a_process_use(store, folder, clock):
    store.put("b")
    with (
        load_credentials("held:a", live=True, refresh=SLOW) as one,
        load_credentials("held:b", live=True, refresh=SLOW) as other,
    ):
        clock.advance(1)
        both = sorted([one.current.fingerprint, other.current.fingerprint])
        wait_for(lambda: both == sorted(fingerprints(folder)))


def test_it_goes_with_the_last_handle(store, folder, clock):
    store.put("b")
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        with load_credentials("held:b", live=True, refresh=SLOW):
            clock.advance(1)
            wait_for(lambda: len(fingerprints(folder)) == 2)
        clock.advance(1)
        wait_for(lambda: [live.current.fingerprint] == fingerprints(folder))
    wait_for(lambda: not list(folder.iterdir()))


def test_it_is_written_again_though_nothing_happens(store, folder, clock):
    with load_credentials("held:a", live=True, refresh=SLOW):
        first = only(folder)["written_at"]
        clock.advance(60)
        wait_for(lambda: first < only(folder)["written_at"])


def test_a_profile_can_name_the_folder(store, tmp_path):
    path = tmp_path / "here"
    config = {"profiles": {"main": {"source": "held:a", "status_dir": str(path)}}}
    with (
        load_credentials("held:a", live=True, refresh=SLOW),  # which reports nothing
        load_credentials(profile="main", config=config, live=True),
    ):
        assert ["main"] == [handle["profile"] for handle in only(path)["handles"]]


def test_handles_may_name_different_folders(store, tmp_path, clock):
    folders = [tmp_path / name for name in "ab"]
    config = {
        "profiles": {one.name: {"source": "held:a", "status_dir": str(one)} for one in folders}
    }
    with load_credentials(profile="a", config=config, live=True):
        with load_credentials(profile="b", config=config, live=True):
            clock.advance(1)
            assert [["a"], ["b"]] == [
                [handle["profile"] for handle in only(one)["handles"]] for one in folders
            ]
        clock.advance(1)
        wait_for(lambda: not list(folders[1].iterdir()))
        assert list(folders[0].iterdir())


def test_without_a_folder_nothing_is_written(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with load_credentials("held:a", live=True, refresh=SLOW):
        assert [] == list(tmp_path.iterdir())


def test_a_relative_folder_is_refused(store, monkeypatch):
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", "bots")
    error = caught(load_credentials, "held:a", live=True)
    assert isinstance(error, ConfigurationError)
    assert "is not absolute" in str(error)


def test_ten_handles_need_no_thread_of_their_own(store, folder, clock):
    names = "abcdefghij"
    others = set(threading.enumerate())  # an engine of another test may end late
    for name in names:
        store.put(name)
    handles = [load_credentials(f"held:{name}", live=True, refresh=SLOW) for name in names]
    clock.advance(1)
    wait_for(lambda: len(fingerprints(folder)) == 10)
    settle_threads()  # what wrote has ended
    new = [one.name for one in threading.enumerate() if one not in others]
    assert ["binance-creds live"] == [name for name in new if name.startswith("binance-creds")]
    for handle in handles:
        handle.close()


@pytest.fixture
def logged(caplog):
    """Give what says that a file cannot be written."""
    caplog.set_level(logging.WARNING, "binance_creds.live")
    return lambda: [r.getMessage() for r in caplog.records if "status file" in r.getMessage()]


def in_the_way(folder):
    folder.write_text("a file where the folder should be")
    return folder.unlink


def writable_by_all(folder):
    folder.mkdir()
    folder.chmod(0o777)
    return lambda: folder.chmod(0o700)


def below_nothing(folder):
    folder.symlink_to(folder.parent / "nothing")
    return folder.unlink


@pytest.mark.parametrize("broken", [in_the_way, writable_by_all, below_nothing])
def test_a_folder_that_cannot_be_used_is_logged_once_and_harms_nothing(
    store, folder, clock, logged, broken
):
    mend = broken(folder)
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        wait_for(logged)
        for _ in range(3):
            clock.advance(60)
            store.put("a")
            live.refresh()
        mend()
        clock.advance(60)
        wait_for(lambda: [live.current.fingerprint] == fingerprints(folder))
        (message,) = logged()
        assert str(folder) in message
        assert "trading goes on" in message


def test_a_write_that_fails_leaves_nothing(store, folder, logged):
    folder.mkdir(mode=0o700)
    (folder / f"binance-creds-{machine()}-{os.getpid()}.json").mkdir()
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        wait_for(logged)
        assert live.current
        assert 1 == len(list(folder.iterdir()))


def test_a_folder_that_goes_and_comes_back_is_used_again(store, folder, clock, logged):
    with load_credentials("held:a", live=True, refresh=SLOW):
        only(folder)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        folder.write_text("in the way")
        clock.advance(60)
        wait_for(logged)
        folder.unlink()
        clock.advance(60)
        only(folder)
        assert 1 == len(logged())


BOT = """
import os, resource, sys
if sys.argv[1:] == ["full"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
from binance_creds import load_credentials
live = load_credentials("env://BINANCE", live=True)
print("ready", flush=True)
if sys.argv[1:] == ["fork"]:
    folder = os.environ["BINANCE_CREDS_STATUS_DIR"]
    while not (os.path.isdir(folder) and os.listdir(folder)):
        pass
    if not os.fork():
        sys.exit()
    os.wait()
    print("child has ended", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def bot(folder):
    """Start programs, each with a handle that reports; end them afterwards."""
    started = []

    def start(*arguments):
        secrets = {"BINANCE_API_KEY": token(), "BINANCE_API_SECRET": token()}
        named = {"BINANCE_CREDS_STATUS_DIR": str(folder)}
        measured = plain_environ() if arguments else os.environ  # no file is whole on a full disk
        process = subprocess.Popen(
            [sys.executable, "-c", BOT, *arguments], env=measured | secrets | named,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert "ready\n" == process.stdout.readline()
        if not arguments:
            wait_for(lambda: list(folder.glob(f"binance-creds-*-{process.pid}.json")))
        return process

    yield start
    for process in started:
        with process:  # closes its streams
            process.kill()


def test_a_clean_end_removes_it(bot, folder):
    process = bot()
    process.communicate("\n", timeout=PATIENCE)
    assert 0 == process.returncode
    assert [] == list(folder.iterdir())


def test_the_end_of_a_forked_child_leaves_its_parents_file(bot, folder):
    process = bot("fork")
    assert "child has ended\n" == process.stdout.readline()
    assert [process.pid] == [one.pid for one in reports_of([folder])]


def test_a_full_disk_is_logged_and_harms_nothing(bot, folder):
    process = bot("full")
    assert "cannot be written" in process.stderr.readline()
    process.communicate("\n", timeout=PATIENCE)
    assert 0 == process.returncode
    assert [] == list(folder.iterdir())


def test_a_process_that_was_killed_reports_no_more(bot, folder):
    process = bot()
    assert [process.pid] == [one.pid for one in reports_of([folder])]
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    assert 1 == len(list(folder.iterdir()))
    assert () == reports_of([folder])


def test_the_next_process_removes_what_a_killed_one_left(bot, folder):
    killed = bot()
    killed.kill()
    killed.wait(PATIENCE)
    other = bot()
    assert [str(other.pid)] == [p.stem.rpartition("-")[2] for p in folder.iterdir()]


def test_only_files_of_processes_that_have_ended_are_removed(store, folder):
    folder.mkdir(mode=0o700)
    ended, other = f"binance-creds-{machine()}-{2**22 + 1}.json", "binance-creds-0-1.json"
    odd, parents = f"binance-creds-{machine()}-x.json", f"binance-creds-{machine()}-1.json"
    for name in (ended, other, odd, parents):
        (folder / name).touch()
    with load_credentials("held:a", live=True, refresh=SLOW):
        wait_for(lambda: len(list(folder.glob(f"binance-creds-*-{os.getpid()}.json"))) == 1)
        assert {other, odd, parents} < {path.name for path in folder.iterdir()}
        assert not (folder / ended).exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_reports_itself_and_leaves_the_parents_file(store, folder):
    with load_credentials("held:a", live=True, refresh=SLOW) as live:
        only(folder)
        (parents,) = folder.iterdir()
        child = os.fork()
        if child == 0:  # pragma: no cover  # another process: its coverage is not collected
            code = 1
            try:
                assert live.current
                wait_for(lambda: len(list(folder.glob("*.json"))) == 2)
                live.close()
                wait_for(lambda: [parents] == list(folder.iterdir()))
                code = 0
            finally:
                os._exit(code)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert parents.exists()


def test_a_rotation_is_told_though_the_disk_hangs(store, folder, monkeypatch):
    told, hangs, goes_on = Told(), Event(), Event()

    def hang(*_, **__):
        hangs.set()
        assert goes_on.wait(PATIENCE)
        return "{}"

    with load_credentials("held:a", live=True, refresh=SLOW, on_rotation=told) as live:
        only(folder)
        monkeypatch.setattr(json, "dumps", hang)
        store.put("a")
        live.refresh()
        assert hangs.wait(PATIENCE)
        told.wait(1)
        store.put("a")
        live.refresh()
        told.wait(2)
        goes_on.set()
