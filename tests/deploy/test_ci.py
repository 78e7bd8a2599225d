"""What a job of GitLab or GitHub runs, with the token that such a job has, against a local AWS."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from secrets_manager import LOGIN, SecretsManager
from support import new_key, plain_environ

EXAMPLES = Path(__file__).parents[2] / "examples" / "deploy"
NAME = "prod/binance/read-only"
CHANGING = re.compile(r"(?<=version )[0-9a-f-]{36}|(?<=botocore-session-)\d+")
NOT_HERE = ("pip install", "python report.py")  # needs an index; is the user's own program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="both jobs run a shell of Linux")


@pytest.fixture
def run(tmp_path):
    """Run the lines of a job in a shell, with its variables, where the store is a local one."""
    program = tmp_path / "bin" / "binance-creds"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m binance_creds "$@"\n')
    program.chmod(0o700)
    with SecretsManager() as store:
        store.put(NAME, new_key().fields())

        def in_shell(lines: list[str], **environ: str) -> str:
            script = "\n".join(line for line in lines if not line.startswith(NOT_HERE))
            done = subprocess.run(
                ["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=False,
                env=plain_environ(
                    PATH=f"{program.parent}:/usr/bin:/bin",
                    HOME=str(tmp_path),
                    AWS_ENDPOINT_URL=store.url,
                    **environ,
                ),
            )  # fmt: skip
            assert 0 == done.returncode, done.stderr
            return done.stdout

        yield in_shell


def test_a_job_of_gitlab_reads_by_the_role_that_its_token_gets(run, tmp_path) -> None:
    """It prints what the page shows, but for the version and the session."""
    job = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text())["report"]
    token = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_TOKEN": "a.b.c",
    }
    printed = run(job["script"], **job["variables"] | token)
    assert 0o600 == (tmp_path / "token").stat().st_mode & 0o777
    page = (EXAMPLES.parents[1] / "docs/howto/deploy/ci.md").read_text()
    shown = page.partition("```text\n")[2].partition("```")[0]
    assert CHANGING.sub("", shown) == CHANGING.sub("", printed)


def test_a_job_of_github_reads_by_what_the_step_of_aws_left(run) -> None:
    """That step sets the variables of a role's login."""
    steps = yaml.safe_load((EXAMPLES / "github.yml").read_text())["jobs"]["report"]["steps"]
    region = next(it["with"]["aws-region"] for it in steps if "with" in it and "aws" in it["uses"])
    (line, environ), *_ = ((it["run"], it["env"]) for it in steps if "env" in it)
    printed = run([line], **environ, **LOGIN, AWS_REGION=region)
    assert "it has api_key, api_secret, version" in printed
