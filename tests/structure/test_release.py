"""What `make release-check` refuses, skips, and lists for a person to do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / ".ci"))

from release import __main__ as program  # noqa: E402
from release import audit, contents, licences, text  # noqa: E402

TREE = {
    "src/binance_creds/__init__.py",
    "src/binance_creds/py.typed",
    "tests/test_it.py",
    "README.md",
}
ENTRY_POINTS = "".join(f"{it} x:y\n" for it in contents.ENTRY_POINTS)


@pytest.fixture
def wheel(tmp_path):
    """Make a wheel of the files of `TREE`, with files left out and added."""

    def make(*, without: str = "", also: str = "", entry_points: str = ENTRY_POINTS) -> Path:
        package = {name.removeprefix("src/") for name in TREE if name.startswith("src/")}
        info = {f"binance_creds-0.1.0.dist-info/{name}" for name in contents.METADATA}
        path = tmp_path / "one.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name in (package | info | {also}) - {without, ""}:
                archive.writestr(name, entry_points if name.endswith("entry_points.txt") else "")
        return path

    return make


def test_a_wheel_with_what_belongs_there_passes(wheel) -> None:
    assert "2 files" in contents.judge_wheel(wheel(), TREE)


@pytest.mark.parametrize(
    "changed",
    [
        {"without": "binance_creds/py.typed"},
        {"also": "binance_creds/.env"},
        {"without": "binance_creds-0.1.0.dist-info/licenses/LICENSE"},
        {"entry_points": "[console_scripts]\n"},
    ],
    ids=lambda it: "-".join(it),
)
def test_a_wheel_with_anything_else_is_refused(wheel, changed) -> None:
    with pytest.raises(AssertionError):
        contents.judge_wheel(wheel(**changed), TREE)


@pytest.mark.parametrize(
    ("names", "passes"), [(TREE, True), (TREE | {".env"}, False), (set(), False)]
)
def test_an_sdist_has_what_git_knows(tmp_path, names, passes) -> None:
    (tmp_path / "empty").touch()
    path = tmp_path / "one.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.add(tmp_path / "empty", f"binance_creds-0.1.0/{name}")
    if passes:
        assert "4 files" in contents.judge_sdist(path, TREE)
    else:
        with pytest.raises(AssertionError):
            contents.judge_sdist(path, TREE)


def test_all_licences_are_known() -> None:
    assert licences.judge("binance-creds")


def test_a_licence_that_binds_the_program_is_named(monkeypatch) -> None:
    monkeypatch.setattr(licences, "KNOWN", {"pydantic": "AGPL-3.0-only"})
    with pytest.raises(AssertionError, match=r"\{'pydantic': 'AGPL-3.0-only'\}"):
        licences.judge("binance-creds")


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the program")
@pytest.mark.parametrize(
    ("prints", "expected"),
    [
        ("print('{\"dependencies\": [{\"name\": \"a\", \"vulns\": []}]}')", None),
        ("print('{\"dependencies\": [{\"name\": \"a\", \"vulns\": [{\"id\": \"X-1\"}]}]}')", AssertionError),
        ("import sys; sys.exit('no route')", audit.SkippedError),
    ],
    ids=["none", "one", "unreachable"],
)  # fmt: skip
def test_advisories_that_cannot_be_reached_are_skipped(
    tmp_path, monkeypatch, prints, expected
) -> None:
    (tmp_path / "lib/python3.13/site-packages").mkdir(parents=True)
    (tmp_path / "python").write_text(f"#!{sys.executable}\n{prints}\n")
    (tmp_path / "python").chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    if expected:
        with pytest.raises(expected, match=r"X-1|no route"):
            audit.judge(tmp_path)
    else:
        assert "none for 1 packages" == audit.judge(tmp_path)


@pytest.fixture
def project(tmp_path):
    """Return a copy of the files that have placeholders, the version, and the changelog."""
    names = ["pyproject.toml", "CHANGELOG.md", *text.CONTACTS, "src/binance_creds/_version.py"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_each_placeholder_is_named(project) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(
        re.sub(r"^Repository = .*$", 'Repository = "https://example.com/OWNER/it"', pyproject.read_text(), flags=re.MULTILINE)
    )  # fmt: skip
    (project / "CODE_OF_CONDUCT.md").write_text("Write to people@example.org.")
    named = list(text.placeholders(project))
    assert [it for it in named if "https://example.com/OWNER/it" in it]
    assert "CODE_OF_CONDUCT.md: people@example.org is a placeholder" in named


def test_a_note_that_holds_until_the_first_release_is_named(project) -> None:
    page = project / "docs" / "a.md"
    page.parent.mkdir()
    page.write_text(f"{text.FIRST} use the sources.\n")
    assert [it for it in text.left_to_do(project, "") if it.startswith("docs/a.md: the note")]


def test_a_tag_is_that_of_the_version_and_the_changelog_has_its_date(project) -> None:
    version = text.version_of(project)
    (project / "CHANGELOG.md").write_text(f"## {version} - not released yet\n")
    undated = set(text.left_to_do(project, f"v{version}")) - set(text.placeholders(project))
    assert [f"CHANGELOG.md: the date of {version}, as `## {version} - YYYY-MM-DD`"] == [*undated]
    (project / "CHANGELOG.md").write_text(f"## {version} - 2027-01-31\n")
    other = set(text.left_to_do(project, "v9.9.9")) - set(text.placeholders(project))
    assert [f"src/binance_creds/_version.py says {version}, and the tag v9.9.9"] == [*other]


@pytest.mark.parametrize(("tag", "code"), [("", 0), ("v0.1.0", 1)])
def test_what_is_skipped_or_left_to_do_fails_a_release_only(
    project, monkeypatch, capsys, tag, code
) -> None:
    def skip() -> str:
        raise audit.SkippedError("no route")

    monkeypatch.setattr(program, "steps", lambda _: iter([("one", lambda: "seen"), ("two", skip)]))
    assert code == program.run(program.Release(project, project, tag))
    printed = capsys.readouterr().out
    assert "one        ok: seen" in printed
    assert "two        skipped: no route" in printed


def test_a_step_that_fails_stops_no_other(project, monkeypatch, capsys) -> None:
    def fail() -> str:
        raise subprocess.CalledProcessError(1, "twine", "what it printed")

    monkeypatch.setattr(program, "steps", lambda _: iter([("one", fail), ("two", lambda: "seen")]))
    assert 1 == program.run(program.Release(project, project, ""))
    printed = capsys.readouterr().out
    assert "what it printed" in printed
    assert "two        ok: seen" in printed


def test_the_links_of_the_readme_begin_with_the_address_of_the_repository() -> None:
    """It stands in two places of one file, as the hook that makes them absolute reads no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    address = project["project"]["urls"]["Repository"]
    hook = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    made = (ROOT / "README.md").read_text()
    for one in hook["substitutions"]:
        made = re.sub(one["pattern"], one["replacement"], made)
    links = re.findall(r"\]\(([^)]+)\)", made)
    assert len(links) > 20
    assert [] == [it for it in links if not it.startswith((address, "https://img.shields.io/"))]
