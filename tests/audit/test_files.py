"""Files of an audit: the chain, and what happens to it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from support import pair

from binance_creds import audit
from binance_creds.cli import ExitCode, main
from binance_creds.errors import AccessDeniedError, ConfigurationError, SecretNotFoundError
from binance_creds.providers import memory

_WRITER = """
import sys
from binance_creds import audit, load_credentials
from binance_creds.providers import memory

key, secret = sys.argv[4:]
memory.register("bot", {"api_key": key, "api_secret": secret})
audit.start(sys.argv[1], max_bytes=int(sys.argv[3]), keep=1000)
for _ in range(int(sys.argv[2])):
    load_credentials("memory:bot", fresh=True)
print("done", audit.flush(30), flush=True)
"""


def _some_pair() -> tuple[str, str]:
    fields = pair()
    return fields["api_key"], fields["api_secret"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An audit file of ten records."""
    path = tmp_path / "audit.jsonl"
    _write(path, 10)
    return path


def _write(path: Path, count: int, **settings: int) -> None:
    from binance_creds import load_credentials

    memory.register("bot", pair())
    audit.start(path, **settings)
    for _ in range(count):
        load_credentials("memory:bot", fresh=True)
    assert audit.flush(10)
    audit.stop()


def _changed(path: Path, change) -> audit.Report:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))
    return audit.verify(path)


def test_a_file_that_nobody_touched_is_whole(path) -> None:
    report = audit.verify(path)
    assert (report.is_whole, report.lines, report.first) == (True, 11, 1)


def test_a_changed_line_is_found(path) -> None:
    def change(lines):
        lines[4] = lines[4].replace(b'"load"', b'"read"')
        return lines

    (problem,) = _changed(path, change).problems
    assert problem == f"{path}:5: this line, or the end of the one before, was changed"


def test_a_removed_line_is_found(path) -> None:
    (problem,) = _changed(path, lambda lines: lines[:4] + lines[6:]).problems
    assert problem == f"{path}:5: 2 lines before this one were removed"


def test_the_first_lines_removed_are_found(path) -> None:
    (problem,) = _changed(path, lambda lines: lines[3:]).problems
    assert problem == f"{path}:1: lines before this one were removed"


def test_reordered_lines_are_found(path) -> None:
    report = _changed(path, lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]])
    assert any("not in its place" in each for each in report.problems)


def test_a_repeated_line_is_found(path) -> None:
    report = _changed(path, lambda lines: [*lines, lines[-1]])
    assert report.problems == (f"{path}:12: line 11 is repeated, or not in its place",)


def test_a_line_that_is_none_is_found(path) -> None:
    report = _changed(path, lambda lines: [*lines[:5], b"hello\n", *lines[5:]])
    assert report.problems == (f"{path}:6: this is no line of an audit",)


def test_a_forged_line_without_the_key_is_found(path) -> None:
    def forge(lines):
        last = json.loads(lines[-1])
        last["seq"] += 1
        return [*lines, json.dumps(last, separators=(",", ":")).encode() + b"\n"]

    (problem,) = _changed(path, forge).problems
    assert problem.startswith(f"{path}:12: this line, or the end")


def test_a_cut_tail_is_found_by_who_knows_the_head(path) -> None:
    head = audit.verify(path).head
    report = _changed(path, lambda lines: lines[:-2])
    assert report.is_whole
    (problem,) = audit.verify(path, head=str(head)).problems
    assert problem.startswith("line 11 of the given head is not there")
    assert audit.verify(path, head=report.head).is_whole


def test_a_cut_line_is_found_until_the_chain_goes_on_from_the_last_whole_one(path) -> None:
    path.write_bytes(path.read_bytes()[:-20])
    assert audit.verify(path).problems == (f"{path}:11: this line has no end",)
    _write(path, 1)
    report = audit.verify(path)
    assert report.is_whole
    assert report.notes == (
        f"{path}:11: cut off when its process ended; {path}:12 says so",
    )  # fmt: skip
    assert report.lines == 12


def test_a_file_without_a_whole_line_goes_on(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"seq":1')
    path.chmod(0o600)
    _write(path, 1)
    assert audit.verify(path).problems  # nobody knows what stood there
    assert audit.verify(path).lines == 2


def test_files_are_rotated_by_size_and_stay_one_chain(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    _write(path, 100, max_bytes=4096, keep=100)
    report = audit.verify(path)
    assert len(report.files) > 5
    assert (report.is_whole, report.first, report.notes) == (True, 1, ())
    assert report.lines == 100 + len(report.files)


def test_the_oldest_files_go(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    _write(path, 100, max_bytes=4096, keep=2)
    report = audit.verify(path)
    assert len(report.files) == 3
    assert report.is_whole
    assert report.notes[0].endswith("what was recorded before is in files that are gone")
    Path(f"{path}.1").unlink()
    Path(f"{path}.2").rename(f"{path}.1")
    assert "removed" in audit.verify(path).problems[0]


def test_processes_share_a_file_and_its_rotation(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    command = [sys.executable, "-c", _WRITER, str(path), "200", "20000", *_some_pair()]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert {each.communicate(timeout=60)[0] for each in writers} == {b"done True\n"}
    report = audit.verify(path)
    assert report.problems == ()
    assert report.lines == 800 + len(report.files)


def test_a_kill_in_the_middle_leaves_a_chain_that_goes_on(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    for _ in range(3):
        command = [sys.executable, "-c", _WRITER, str(path), "1000000", "10000000", *_some_pair()]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE)
        before = path.stat().st_size if path.exists() else 0
        while not path.exists() or path.stat().st_size <= before:
            assert writer.poll() is None
        writer.kill()
        writer.communicate(timeout=60)
    _write(path, 1)
    assert audit.verify(path).problems == ()


@pytest.fixture
def small_files():
    """Files of this process can grow to 2,000 bytes, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_told_once_counted_and_survived(tmp_path, small_files, caplog) -> None:
    from binance_creds import load_credentials

    path = tmp_path / "audit.jsonl"
    memory.register("bot", pair())
    audit.start(path)
    for _ in range(20):
        load_credentials("memory:bot", fresh=True)
    assert audit.flush(5)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (1 << 30, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    )
    load_credentials("memory:bot", fresh=True)
    audit.stop()
    report = audit.verify(path)
    assert report.problems == ()
    (note,) = report.notes
    lost = int(note.split(": ")[1].split()[0])
    assert lost + report.lines == 23  # 21 loads, the first line, and the one of the loss
    assert len([each for each in caplog.messages if "cannot be written" in each]) == 1


@pytest.mark.parametrize("suffix", ["", ".key"])
def test_a_file_that_others_may_open_is_refused(path, suffix) -> None:
    Path(f"{path}{suffix}").chmod(0o640)
    with pytest.raises(AccessDeniedError, match=r"others than its owner .*chmod 600"):
        audit.start(path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path) -> None:
    with pytest.raises(AccessDeniedError, match="cannot be opened"):
        audit.start(tmp_path / "absent" / "audit.jsonl")
    with pytest.raises(ConfigurationError, match="no regular file"):
        audit.start(os.devnull)


def test_a_link_is_not_followed(path, tmp_path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(AccessDeniedError, match="cannot be opened"):
        audit.start(link)


def test_a_key_of_its_own_is_needed_to_verify(path, tmp_path) -> None:
    key = tmp_path / "other.key"
    key.write_bytes(b"0" * 64)
    key.chmod(0o600)
    assert not audit.verify(path, key_file=key).is_whole
    key.write_bytes(b"short")
    with pytest.raises(ConfigurationError, match="no key"):
        audit.verify(path, key_file=key)
    key.unlink()
    with pytest.raises(SecretNotFoundError, match="there is no key"):
        audit.verify(path, key_file=key)
    with pytest.raises(SecretNotFoundError, match="there is no audit file"):
        audit.verify(tmp_path / "absent")
    with pytest.raises(ConfigurationError, match="NUMBER:CODE"):
        audit.verify(path, head="11")


def test_the_command_tells_and_ends_accordingly(path, capsys) -> None:
    assert main(["audit", "verify", str(path)]) == ExitCode.DONE
    assert f"11 lines in 1 file, whole; head {audit.verify(path).head}" in capsys.readouterr().out
    path.write_bytes(path.read_bytes()[:-20])
    assert main(["audit", "verify", str(path), "--json"]) == ExitCode.FINDING
    found = json.loads(capsys.readouterr().out)["audit"]
    assert found["problems"] == [f"{path}:11: this line has no end"]
    assert main(["audit", "verify", str(path)]) == ExitCode.FINDING
    assert "problem  " in capsys.readouterr().out
    _write(path, 1)
    assert main(["audit", "verify", str(path)]) == ExitCode.DONE
    assert f"note     {path}:11: cut off" in capsys.readouterr().out


def test_a_folder_is_no_key(path, tmp_path) -> None:
    with pytest.raises(AccessDeniedError, match="cannot be opened"):
        audit.verify(path, key_file=tmp_path)


def test_two_that_make_the_key_at_once_agree(tmp_path, monkeypatch) -> None:
    """The other one comes first, between the look and the link."""
    key = tmp_path / "audit.jsonl.key"
    link = os.link

    def late(source, target):
        key.write_bytes(b"1" * 64)
        key.chmod(0o600)
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    _write(tmp_path / "audit.jsonl", 1)
    assert key.read_bytes() == b"1" * 64
    assert sorted(os.listdir(tmp_path)) == ["audit.jsonl", "audit.jsonl.key"]
    assert audit.verify(tmp_path / "audit.jsonl").is_whole


def test_a_platform_without_locks_writes_all_the_same(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    _write(tmp_path / "audit.jsonl", 3)
    assert audit.verify(tmp_path / "audit.jsonl").lines == 4


def test_a_file_that_was_taken_away_is_begun_again_where_its_chain_was(path) -> None:
    from binance_creds import load_credentials

    memory.register("bot", pair())
    audit.start(path)
    load_credentials("memory:bot", fresh=True)
    head = audit.head()
    path.unlink()
    load_credentials("memory:bot", fresh=True)
    audit.stop()
    report = audit.verify(path)
    assert report.first == head.sequence + 1
    assert report.notes == (f"{path}:1: what was recorded before is in files that are gone",)


def test_a_disk_that_fails_in_the_middle_of_a_line_leaves_none_of_it(path, monkeypatch) -> None:
    from binance_creds import load_credentials

    before = path.read_bytes()
    memory.register("bot", pair())
    audit.start(path)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, text: write(descriptor, text[:10]))
    load_credentials("memory:bot", fresh=True)
    assert audit.flush(5)
    monkeypatch.undo()
    assert path.read_bytes() == before
    audit.stop()


def test_a_path_may_begin_at_the_home_folder(tmp_path, monkeypatch) -> None:
    """As in a configuration; a folder called `~` would be made or missed elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    audit.start("~/record.jsonl", key_file="~/key")
    audit.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "record.jsonl"]
    assert audit.verify("~/record.jsonl", key_file="~/key").is_whole
