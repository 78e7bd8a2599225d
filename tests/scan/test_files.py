"""Trees: what is read, what is left out, and that nothing stops it."""

from __future__ import annotations

import os
import zipfile

import pytest
from scan_corpus import Values

from binance_creds import scan
from binance_creds.errors import SecretNotFoundError

KEY = Values(5).key()
LINES = "line\n" * 200_000


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_tree_is_read_as_a_whole_in_order(tree) -> None:
    """What git ignores lies on the disk all the same; `.git` is the history's."""
    for name in ("b/x.py", "a.env", "b/c/d.ipynb", ".hidden", ".git/x"):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"api_key={KEY}")
    (tree / ".gitignore").write_text("*\n")
    report = scan.paths(["."])
    assert [one.path for one in report.findings] == [".hidden", "a.env", "b/x.py", "b/c/d.ipynb"]
    assert (report.files, report.bytes) == (5, 4 * 72 + 2)


def test_paths_may_be_files_and_folders(tree) -> None:
    (tree / "sub").mkdir()
    (tree / "sub" / "x").write_text(KEY)
    report = scan.paths([tree / "sub", tree / "sub" / "x"])
    assert [one.path for one in report.findings] == [str(tree / "sub/x")] * 2


def test_one_path_is_no_list_of_its_letters(tree) -> None:
    (tree / "a.txt").write_text("nothing")
    assert scan.paths("a.txt").files == scan.paths(tree / "a.txt").files == 1


def test_a_path_that_does_not_exist_is_an_error(tree) -> None:
    with pytest.raises(SecretNotFoundError, match=str(tree)):
        scan.paths(["absent"])


def test_archives_and_images_are_named_with_what_unpacks_them(tree) -> None:
    with zipfile.ZipFile(tree / "a b.dat", "w") as archive:
        archive.writestr("x", KEY)
    (tree / "p").write_bytes(b"\x89PNG\r\n" + KEY.encode())
    report = scan.paths(["."])
    assert report.findings == []
    assert [(one.path, one.command) for one in report.left_out] == [
        ("a b.dat", "unzip -p 'a b.dat' | binance-creds scan --stdin"),
        ("p", "tesseract p - | binance-creds scan --stdin"),
    ]


def test_links_pipes_and_binary_files_do_not_stop_it(tree) -> None:
    (tree / "circle").symlink_to(tree)
    os.mkfifo(tree / "pipe")
    (tree / "x.bin").write_bytes(bytes(range(256)) * 10 + f"\0{KEY}\0".encode())
    report = scan.paths(["."])
    assert [one.path for one in report.findings] == ["x.bin"]
    assert [(one.path, one.reason) for one in report.left_out] == [("circle", "a link")]


def test_what_cannot_be_read_is_named(tree, monkeypatch) -> None:
    """A file and a folder, by an error of the system; root may read all files."""
    (tree / "f").write_text(KEY)
    (tree / "g").write_text(KEY)
    (tree / "folder").mkdir()
    real_open, real_scandir, real_read = os.open, os.scandir, os.read

    def refuse(real, *names):
        def call(path, *arguments):
            if str(path).endswith(names):
                raise PermissionError(13, "Permission denied")
            return real(path, *arguments)

        return call

    monkeypatch.setattr(os, "open", refuse(real_open, "/f"))
    monkeypatch.setattr(os, "scandir", refuse(real_scandir, "folder"))
    report = scan.paths([tree])
    monkeypatch.undo()
    assert [one.path for one in report.findings] == [str(tree / "g")]
    assert [os.path.basename(one.path) for one in report.left_out] == ["f", "folder"]
    assert {one.reason for one in report.left_out} == {"it cannot be read: Permission denied"}
    assert real_read is os.read


def test_a_disk_that_fails_in_the_middle_is_named(tree, monkeypatch) -> None:
    (tree / "f").write_text(KEY)

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    report = scan.paths([tree / "f"])
    monkeypatch.undo()
    assert [one.reason for one in report.left_out] == ["it cannot be read: Input/output error"]


def test_a_device_is_not_read() -> None:
    report = scan.paths(["/dev/zero"])
    assert (report.files, report.left_out[0].reason) == (0, "a device or a socket")


def test_a_link_that_leads_nowhere_is_named(tree) -> None:
    (tree / "x").symlink_to("absent")
    report = scan.paths(["x"])
    assert [one.reason for one in report.left_out] == [
        "it cannot be read: No such file or directory"
    ]


def test_a_pipe_that_is_named_is_read(tree) -> None:
    """As a shell gives for `<(command)`."""
    read, write = os.pipe()
    os.write(write, KEY.encode())
    os.close(write)
    report = scan.paths([f"/dev/fd/{read}"])
    os.close(read)
    assert [one.rule for one in report.findings] == ["binance-key"]


def test_generic_rules_pass_over_lock_files(tree) -> None:
    for name in ("poetry.lock", "package-lock.json", "go.sum", "x.pem", "SHA256SUMS"):
        (tree / name).write_text(f"api_key={KEY}")
    report = scan.paths(["."])
    assert (report.files, report.findings) == (5, [])


def test_large_files_are_read_in_parts(tree) -> None:
    (tree / "big.log").write_text(LINES + f"api_key={KEY}\n" + LINES)
    calls: list[int] = []
    report = scan.paths(["big.log"], on_progress=lambda report: calls.append(report.bytes))
    assert [one.line for one in report.findings] == [200_001]
    assert calls == [report.bytes] == [(tree / "big.log").stat().st_size]
