"""The timer, the job and the line for cron that warn of keys which are due, as the page has them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from support import new_key, plain_environ, write_dotenv

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "keys" / "rotation-reminders.md"
TEXT = PAGE.read_text()
PROGRAM = "/opt/bot/bin/binance-creds"


def blocks(language: str) -> dict[str, str]:
    """Return the files of the page by the path in their first line."""
    found = re.findall(rf"^```{language}\n# (\S+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    return dict(found)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "bin" / "binance-creds"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m binance_creds "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def run(program, tmp_path):
    """Run a script of the page where the only key is so many days old, and may be 30."""

    def in_shell(script: str, days: int | None) -> subprocess.CompletedProcess:
        created = datetime.now(UTC) - timedelta(days=days or 0)
        fields = new_key().fields() | {"created": f"{created:%Y-%m-%d}"}
        if days is not None:
            write_dotenv(tmp_path / "pair.env", fields)
        config = tmp_path / "binance-creds.toml"
        config.touch(0o600)
        config.write_text('[profiles.main]\nsource = "dotenv:pair.env"\nrotation_days = 30\n')
        environ = plain_environ(
            PATH=f"{program.parent}:/usr/bin:/bin", BINANCE_CREDS_CONFIG="binance-creds.toml"
        )
        return subprocess.run(
            ["bash", "-e", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True
        )

    return in_shell


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path, program):
    for path, text in blocks("ini").items():
        (tmp_path / Path(path).name).write_text(
            text.replace(PROGRAM, str(program)).replace("User=bot", "User=root")
        )
    units = sorted(map(str, tmp_path.glob("binance-keys-due.*")))
    assert 2 == len(units)
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "binance-keys-due" in line]
    assert [] == ours
    assert 0 == done.returncode


@pytest.mark.skipif(not shutil.which("actionlint"), reason="actionlint is not installed")
def test_actionlint_takes_the_workflow(tmp_path):
    (text,) = blocks("yaml").values()
    workflow = tmp_path / "keys-due.yml"
    workflow.write_text(text)
    done = subprocess.run(
        ["actionlint", "-shellcheck=", workflow], capture_output=True, text=True, cwd=tmp_path
    )
    assert (0, "") == (done.returncode, done.stdout)


def test_the_job_passes_with_a_warning_when_a_key_is_due(run):
    (text,) = blocks("yaml").values()
    script = yaml.safe_load(text)["jobs"]["keys-due"]["steps"][-1]["run"]
    due, soon, fresh = (run(script, days) for days in (31, 25, 1))
    assert (0, 0, 0) == (due.returncode, soon.returncode, fresh.returncode)
    assert "::warning title" in due.stdout
    assert "::warning title" in soon.stdout
    assert "::warning" not in fresh.stdout


def test_the_job_fails_when_a_key_cannot_be_read(run):
    (text,) = blocks("yaml").values()
    script = yaml.safe_load(text)["jobs"]["keys-due"]["steps"][-1]["run"]
    absent = run(script, None)
    assert 1 == absent.returncode
    assert "::warning" not in absent.stdout


def test_cron_gets_no_output_of_a_good_key_and_some_of_a_due_one(run):
    (script,) = re.findall(r"^17 6 \* \* \*  (.*)$", TEXT, re.MULTILINE)
    script = script.replace(PROGRAM, "binance-creds").replace("--all", "--all --offline")
    fresh, due = run(script, 1), run(script, 31)
    assert (0, "", "") == (fresh.returncode, fresh.stdout, fresh.stderr)
    assert "rotate it now" in due.stdout
