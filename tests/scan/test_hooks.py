"""The files for other tools stop a commit, by the tools themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from programs import program
from scan_corpus import Values

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / "hooks"
IT = Values(31)
LEAKS = {
    "bot.py": lambda: f"client = Client('{IT.key()}', '{IT.key()}')\n",
    ".env": lambda: f"BINANCE_API_KEY={IT.key()}\n",
    "keys.csv": lambda: f"main,{IT.key()},{IT.key()}\n",
}
CLEAN = "sha256: " + IT.hex() + "\nname = 'bot'\n"
pytestmark = pytest.mark.product


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "GIT_CONFIG_GLOBAL": str(tmp_path.parent / f"{tmp_path.name}-config"),
        "XDG_STATE_HOME": str(tmp_path.parent / f"{tmp_path.name}-state"),
        "PRE_COMMIT_HOME": str(tmp_path.parent / f"{tmp_path.name}-pre-commit"),
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }.items():
        monkeypatch.setenv(name, text)
    run("git", "init", "-q")
    run("git", "config", "user.name", "x")
    run("git", "config", "user.email", "x@example.org")
    return tmp_path


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def commit(path: Path, text: str) -> bool:
    """Return whether git let a file be committed."""
    path.write_text(text)
    run("git", "add", path.name)
    done = subprocess.run(["git", "commit", "-qm", "x"], capture_output=True, text=True)
    if done.returncode:
        run("git", "rm", "-q", "--cached", path.name)
        path.unlink()
        secrets = [line for line in text.split("'") if len(line) == 64]
        assert not any(secret in done.stdout + done.stderr for secret in secrets)
    return done.returncode == 0


def stops_what_it_should(repository: Path, names=tuple(LEAKS)) -> None:
    assert commit(repository / "clean.txt", CLEAN)
    for name in names:
        assert not commit(repository / name, LEAKS[name]()), name


def hook(repository: Path, *lines: str) -> None:
    path = repository / ".git" / "hooks" / "pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def pre_commit(repository: Path, hooks: list[dict]) -> None:
    repos = [{"repo": "local", "hooks": hooks}]
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": repos}))
    run("git", "add", ".pre-commit-config.yaml")
    run(program("pre-commit"), "install")


def test_the_pre_commit_framework_stops_a_commit(repository) -> None:
    """The hook as it is published, but for the environment that it would install."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for each in hooks:
        each |= {"language": "system", "entry": f"{sys.executable} -m {each['entry']}"}
        each["entry"] = each["entry"].replace("binance-creds", "binance_creds")
    pre_commit(repository, hooks)
    stops_what_it_should(repository)


def test_detect_secrets_stops_a_commit(repository) -> None:
    config = yaml.safe_load((HOOKS / "detect-secrets.yaml").read_text())
    arguments = config["repos"][0]["hooks"][0]["args"]
    shutil.copytree(HOOKS, repository / "hooks")
    (repository / ".git" / "info" / "exclude").write_text("hooks/\n")
    entry = " ".join([program("detect-secrets-hook"), *arguments])
    pre_commit(
        repository,
        [{"id": "ds", "name": "ds", "language": "system", "entry": entry, "exclude": "^clean"}],
    )
    stops_what_it_should(repository)


def test_gitleaks_stops_a_commit(repository) -> None:
    config = HOOKS / "gitleaks.toml"
    hook(repository, f"exec {program('gitleaks')} git --staged --redact -c {config} .")
    stops_what_it_should(repository)


def test_git_secrets_stops_a_commit(repository) -> None:
    program("git-secrets")
    run("git", "secrets", "--install")
    run("git", "secrets", "--add-provider", "--", "cat", str(HOOKS / "git-secrets.txt"))
    for line in (HOOKS / "git-secrets-allowed.txt").read_text().splitlines():
        run("git", "secrets", "--add", "--allowed", line)
    assert commit(repository / "clean.txt", CLEAN)
    for name, text in LEAKS.items():
        (repository / name).write_text(text())
        run("git", "add", name)
        done = subprocess.run(["git", "commit", "-qm", "x"], capture_output=True)
        assert done.returncode != 0, name
        run("git", "rm", "-q", "--cached", name)
