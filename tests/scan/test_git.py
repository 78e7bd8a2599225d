"""What git has: staged, a range, all of it, damaged."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from scan_corpus import Values

from binance_creds import scan
from binance_creds.errors import ConfigurationError

IT = Values(11)
FIRST, SECOND, THIRD = IT.key(), IT.key(), IT.key()
WHO = {
    f"GIT_{role}_{what}": text
    for role in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "x"), ("EMAIL", "x@example.org"))
}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository, and the working directory in it."""
    monkeypatch.chdir(tmp_path)
    for name, text in {**WHO, "GIT_CONFIG_GLOBAL": os.devnull}.items():
        monkeypatch.setenv(name, text)
    git("init", "-q", "-b", "main")
    return tmp_path


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(path, text: str, message: str = "x") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git("add", "-A")
    git("commit", "-q", "-m", message)
    return git("rev-parse", "HEAD")


def places(report: scan.Report) -> set[tuple[str, str]]:
    return {(one.path, one.commit) for one in report.findings}


def test_staged_is_what_the_index_has(repository) -> None:
    """Not what lies in the tree, and nothing that was committed before."""
    commit(repository / "old", f"api_key={FIRST}")
    (repository / "new \u00e9\n").write_text(f"api_key={SECOND}")
    (repository / "gone").write_text("x")
    git("add", "-A")
    git("rm", "-q", "--cached", "old")
    (repository / "new \u00e9\n").write_text("clean")
    report = scan.staged()
    assert [one.path for one in report.findings] == ["new \u00e9\n"]
    assert report.files == 2


def test_staged_before_the_first_commit(repository) -> None:
    (repository / "x").write_text(f"api_key={FIRST}")
    git("add", "x")
    assert [one.path for one in scan.staged().findings] == ["x"]


def test_a_staged_file_that_cannot_be_read_is_an_error(repository) -> None:
    """A hook that reads nothing must not pass."""
    (repository / "x").write_text("x" * 100)
    git("add", "x")
    number = git("rev-parse", ":x")
    (repository / ".git" / "objects" / number[:2] / number[2:]).unlink()
    with pytest.raises(ConfigurationError, match="1 of 1 staged files could not be read"):
        scan.staged(repository)


def test_nothing_staged_is_no_error(repository) -> None:
    assert scan.staged().files == 0


def test_the_history_is_files_messages_tags_notes_and_what_was_dropped(repository) -> None:
    one = commit(repository / "a" / "b.py", f"api_key={FIRST}")
    two = commit(repository / "a" / "b.py", "clean", f"remove api_key={SECOND}")
    git("tag", "-a", "v1", "-m", f"binance {THIRD}")
    git("notes", "add", "-m", f"api_secret={SECOND}")
    report = scan.history()
    found = dict(places(report))
    assert found["a/b.py"] == one
    assert found["(commit message)"] == two
    assert found["(tag message)"] == git("rev-parse", "v1")
    assert len(report.findings) == 4
    git("checkout", "-q", "--orphan", "fresh")
    commit(repository / "c", "clean")
    git("branch", "-D", "main")
    git("reflog", "expire", "--expire=now", "--all")
    git("tag", "-d", "v1")
    number = git("hash-object", "a/b.py")
    assert number
    assert len(scan.history().findings) == 4
    assert any(path.startswith("(object ") for path, _ in places(scan.history()))


def test_a_range_is_what_it_adds(repository) -> None:
    one = commit(repository / "a", f"api_key={FIRST}")
    two = commit(repository / "b", f"api_key={SECOND}")
    assert places(scan.history(commits=f"{one}..HEAD")) == {("b", two)}
    assert places(scan.history(commits=one)) == {("a", one)}
    with pytest.raises(ConfigurationError, match="git cannot read the repository"):
        scan.history(commits="absent..HEAD")
    with pytest.raises(ConfigurationError):
        scan.history(commits="--all")


def test_an_id_survives_a_rebase(repository) -> None:
    commit(repository / "a", f"api_key={FIRST}")
    before = scan.history().findings[0]
    git("commit", "-q", "--amend", "-m", "other")
    assert scan.history().findings[0].id == before.id


def test_outside_of_a_repository_it_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for call in (scan.staged, scan.history):
        with pytest.raises(ConfigurationError, match=str(tmp_path)) as raised:
            call(tmp_path)
        assert "not a git repository" in str(raised.value)


def test_without_git_it_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="git cannot be run"):
        scan.staged(tmp_path)


def test_generic_rules_pass_over_lock_files_of_the_past(repository) -> None:
    commit(repository / "uv.lock", f"api_key={FIRST}")
    assert scan.history().findings == []


def test_large_objects_are_read_in_parts(repository) -> None:
    commit(repository / "a.log", "x\n" * 800_000 + f"api_key={FIRST}\n" + "x\n" * 800_000)
    commit(repository / "b", f"api_key={SECOND}")
    report = scan.history()
    assert {one.path: one.line for one in report.findings} == {"a.log": 800_001, "b": 1}


def test_damaged_objects_are_named_and_the_others_read(repository) -> None:
    """Git ends at what is damaged; the scan goes on after it."""
    keys = [IT.key() for _ in range(12)]
    for number, key in enumerate(keys):
        commit(repository / f"f{number:02}", f"api_key={key}\n" + IT.text(20_000, "abc \n"))
    damaged = []
    for number in (0, 5, 11):
        name = git("rev-parse", f"HEAD:f{number:02}")
        path = repository / ".git" / "objects" / name[:2] / name[2:]
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[: len(path.read_bytes()) - 20 if number else 30])
        damaged.append(name)
    report = scan.history()
    assert {one.path for one in report.left_out} == {f"(object {name})" for name in damaged}
    assert len(report.findings) == 9


def test_a_large_object_that_is_damaged_stops_no_other(repository) -> None:
    commit(repository / "a", IT.text(900_000, "abc \n"))
    commit(repository / "b", f"api_key={FIRST}")
    name = git("rev-parse", "HEAD:a")
    path = repository / ".git" / "objects" / name[:2] / name[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1000])
    git("config", "core.bigFileThreshold", "100k")
    assert [one.path for one in scan.history().findings] == ["b"]


def test_a_clean_history_has_no_findings(repository) -> None:
    commit(repository / "a", "clean")
    report = scan.history()
    assert (report.findings, report.files) == ([], 2)


def test_archives_are_named(repository) -> None:
    """Large ones too, after which the next object is read."""
    (repository / "a.gz").write_bytes(b"\x1f\x8b" + os.urandom(1_000_000))
    (repository / "b").write_text(f"api_key={FIRST}")
    git("add", "-A")
    report = scan.staged()
    assert [one.path for one in report.left_out] == ["a.gz"]
    assert [one.path for one in report.findings] == ["b"]
    git("commit", "-qm", "x")
    left = scan.history().left_out[0]
    assert left.command == f"git cat-file blob {git('rev-parse', 'HEAD:a.gz')} > FILE"


def test_submodules_are_no_files(repository) -> None:
    number = commit(repository / "a", "x")
    git("update-index", "--add", "--cacheinfo", f"160000,{number},sub")
    assert scan.staged().files == 0


@pytest.fixture
def evil(tmp_path_factory) -> Path:
    """A program that leaves a file beside itself when it runs."""
    program = tmp_path_factory.mktemp("evil") / "git"
    program.write_text(f"#!/bin/sh\necho ran > {shlex.quote(str(program))}.ran\n")
    program.chmod(0o755)
    return program


def signed(parent: str) -> None:
    """Put a commit on top that seems to have a signature."""
    lines = [
        f"tree {git('rev-parse', f'{parent}^{{tree}}')}",
        f"parent {parent}",
        *(f"{who} x <x@example.org> 1700000000 +0000" for who in ("author", "committer")),
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\nx\n",
    ]
    made = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    done = subprocess.run(made, input="\n".join(lines), check=True, capture_output=True, text=True)
    git("reset", "-q", "--hard", done.stdout.strip())


OF_A_REPOSITORY = {
    "log.showSignature": "true", "gpg.program": "{evil}", "core.fsmonitor": "{evil}",
    "core.pager": "{evil}", "core.sshCommand": "{evil}", "diff.external": "{evil}",
    "diff.x.textconv": "{evil}", "filter.x.clean": "{evil}", "filter.x.smudge": "{evil}",
    "extensions.partialClone": "origin", "remote.origin.promisor": "true",
    "remote.origin.url": "ext::{evil} %S", "protocol.ext.allow": "always",
}  # fmt: skip


def test_nothing_is_run_that_a_repository_names(repository, evil) -> None:
    """A configuration comes with an archive, or with a bare repository inside of a clone."""
    signed(commit(repository / "a", f"api_key={FIRST}"))
    (repository / ".gitattributes").write_text("* diff=x filter=x\n")
    (repository / "b").write_text(f"api_key={SECOND}")
    git("add", "-A")
    for name, value in OF_A_REPOSITORY.items():
        git("config", name, value.format(evil=evil))
    assert "a" in [one.path for one in scan.history().findings]
    assert [one.path for one in scan.staged().findings] == ["b"]
    assert [one.path for one in scan.paths(["."]).findings] == ["a", "b"]
    assert os.listdir(evil.parent) == [evil.name]


@pytest.mark.parametrize("path", ["", ".", "bin"])
def test_git_is_not_taken_from_the_repository(repository, evil, monkeypatch, path) -> None:
    """An empty entry of PATH, such as `PATH=$NOTHING:$PATH` has, is the working directory."""
    commit(repository / "a", f"api_key={FIRST}")
    (repository / path).mkdir(exist_ok=True)
    evil.rename(repository / path / "git")
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")
    assert [one.path for one in scan.history().findings] == ["a"]
    assert os.listdir(evil.parent) == []
