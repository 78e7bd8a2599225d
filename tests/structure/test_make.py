"""The commands that CONTRIBUTING.md names do what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / ".ci"))

import servers  # noqa: E402
import steps  # noqa: E402

HELPERS = {"found", "programs"}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_prints_every_target_with_a_line() -> None:
    """And starts nothing."""
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make ([a-z-]+) +\S", printed, re.MULTILINE)
    defined = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(listed) == set(defined) - HELPERS


def test_a_step_that_fails_ends_no_other(capfd) -> None:
    """Its output is printed, and the exit code tells."""
    ends = [
        steps.Step("bad", "python -c 'print(3 * 14); exit(1)'"),
        steps.Step("good", "python -V"),
    ]
    assert steps.run([steps.Step("shown", "python -V")], ends) == 1
    printed = capfd.readouterr().out
    assert "42" in printed
    assert re.findall(r"^== (\w+) +(\w+) in", printed, re.MULTILINE)[-3:] == [
        ("bad", "FAILED"), ("good", "passed"), ("shown", "passed"),
    ]  # fmt: skip
    assert steps.run([steps.Step("shown", "python -V")], []) == 0


def test_every_environment_that_is_run_exists_and_each_client_is_run(monkeypatch) -> None:
    commands = []

    def record(*rows) -> int:
        commands.extend(step.command for row in rows for step in row if "tox run" in step.command)
        return 0

    monkeypatch.setattr(steps, "run", record)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    steps.test_all()
    known, selected = listed(), set()
    for _, _, option, names in map(str.split, commands):
        selected |= set(names.split(",")) if option == "-e" else listed(option, names)
    assert selected <= known
    assert {name for name in known if name.startswith("clients-")} <= selected


def listed(*options: str) -> set[str]:
    """Return the environments of tox; those that options select."""
    command = ["tox", "list", "--no-desc", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="the servers run on Linux")
def test_what_is_missing_is_named_with_what_installs_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(servers, "AZURITE", tmp_path)
    lacking = servers.missing({"PATH": str(tmp_path)})
    assert lacking == list(servers.SERVERS)
    assert "`make servers`" in servers.report(lacking)


@pytest.mark.skipif(sys.platform != "linux", reason="the servers run on Linux")
def test_a_program_of_go_gets_its_name(tmp_path, monkeypatch) -> None:
    """`go install` calls that of compose-go `cmd`."""
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\necho "$@" >"$GOBIN/cmd"\n')
    go.chmod(0o700)
    monkeypatch.setattr(servers, "GO", tmp_path / "own")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    servers.build(["compose-go"])
    made = (tmp_path / "own" / "bin" / "compose-go").read_text()
    assert f"install {servers.MODULES['compose-go']}\n" == made


def test_every_file_that_only_a_server_covers_exists() -> None:
    files = list((ROOT / "src").rglob("*.py"))
    for pattern in (it for server in servers.SERVERS for it in server.covers):
        assert [path for path in files if path.match(pattern)], pattern


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, False), ({"CI": "true"}, True), ({"INSTALL": "1"}, True), ({"CI": ""}, False)],
)
def test_where_nothing_may_be_skipped(environ, expected) -> None:
    assert servers.must_run_all(environ) is expected


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_the_workflows_are_valid() -> None:
    done = subprocess.run(["actionlint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
