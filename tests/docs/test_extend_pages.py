"""The packages of the pages on extending pass their own tests, installed as a stranger's are."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from support import new_key, plain_environ

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "howto" / "extend"
FILE = re.compile(r"^```python file=(\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROJECT = re.compile(r"^```toml\n(\[build-system\].*?)^```", re.MULTILINE | re.DOTALL)


class Package:
    """The files of a page in a folder that is on the path, with the entry points it declares."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.folder, text = folder, page.read_text()
        for name, code in FILE.findall(text):
            (folder / name).write_text(code)
        for document in PROJECT.findall(text):
            self._install(tomllib.loads(document)["project"])
        path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
        self._environ = plain_environ(PATH=os.environ["PATH"], PYTHONPATH=path)

    def _install(self, project: dict) -> None:
        """Write what an installer leaves of a package besides its modules."""
        name = project["name"].replace("-", "_")
        metadata = self.folder / f"{name}-{project['version']}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        groups = project["entry-points"].items()
        lines = [f"[{group}]\n{key} = {it}\n" for group, row in groups for key, it in row.items()]
        (metadata / "entry_points.txt").write_text("".join(lines))

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self._environ,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run_its_tests(self) -> int:
        """Return how many there are; all of them pass."""
        output = self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
        assert "skipped" not in output
        return int(re.search(r"(\d+) passed", output)[1])


@pytest.fixture
def package(tmp_path):
    return lambda page: Package(FOLDER / page, tmp_path)


def test_the_provider_of_the_page_obeys_the_laws(package) -> None:
    assert package("write-a-provider.md").run_its_tests() > 15


def test_the_signer_of_the_page_obeys_the_laws(package) -> None:
    assert package("write-a-signer.md").run_its_tests() > 12


def test_the_adapter_of_the_page_passes_its_tests(package) -> None:
    assert package("write-an-adapter.md").run_its_tests() == 5


def test_the_scheme_of_the_page_is_found_by_its_entry_point(package, tmp_path) -> None:
    it, database = package("write-a-provider.md"), tmp_path / "desk.db"
    code = (tmp_path / "desk_store.py").read_text()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(re.search(r'TABLE = "(.*)"', code)[1])
        row = ("main", 7, json.dumps(new_key().fields()))
        connection.execute("INSERT INTO keys VALUES (?, ?, ?)", row)
    shown = it.run("-m", "binance_creds", "show", f"desk://main?database={database}")
    assert "desk:main?database=..." in shown
    assert re.search(r"\bversion\W+7\b", shown)
