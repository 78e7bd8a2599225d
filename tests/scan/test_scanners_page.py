"""What four scanners find of one corpus; docs/reference/scanners.md is what they found.

`WRITE_PAGES=1 pytest -m product tests/scan/test_scanners_page.py` writes the page anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest
from programs import program
from scan_corpus import LOOKALIKES, SHAPES, Values

from binance_creds import scan

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / "hooks"
PAGE = ROOT / "docs" / "reference" / "scanners.md"
EACH = 25  # files of each kind
OURS = "binance-creds"
HEAD = """\
# What scanners find

One corpus, read by `binance-creds scan`, and by other scanners with the files of `hooks`: {each} files of each of {shapes} shapes in which keys are written, and of each of {lookalikes} kinds of text that only looks like a key.
Every key is random, so a shape is found in part where a rule asks for more than a random key always has.
A test makes the files again and compares this page with what the programs find.

For `binance-creds` both columns count any confidence; {high} of its alarms are of high confidence.
The corpus is made by the authors of `binance-creds`, who knew its rules: on text of others each scanner will do worse than here, ours too.
Only the rules for Binance count: what the other scanners find by their own rules, such as a JWT, is not in this table.
A rule for one line cannot know the lines around it; most of the alarms of the others come from that.
They find much besides keys of Binance, which `binance-creds scan` leaves to them.

"""
VERSIONS = {"gitleaks": "8.30.1", "detect-secrets": "1.5.0", "git-secrets": "1.3.0"}


def write(folder: Path, kinds, seed: int) -> None:
    it = Values(seed)
    for kind, shape in kinds.items():
        for number in range(EACH):
            (folder / f"{kind.replace(' ', '-')}.{number}.txt").write_text(shape(it) + "\n")


def kind_of(path: str) -> tuple[str, str]:
    """Return a kind, and the number of a file of it."""
    kind, number, _ = Path(path).name.split(".")
    return kind.replace("-", " "), number


def by_ours(folder: Path) -> list[str]:
    return [str(one.path) for one in scan.paths([folder]).findings]


def by_gitleaks(folder: Path) -> list[str]:
    report = folder.parent / "gitleaks.json"
    subprocess.run(
        [program("gitleaks"), "dir", folder, "-c", HOOKS / "gitleaks.toml", "-f", "json", "-r", report,
         "--exit-code", "0"],
        check=True, capture_output=True,
    )  # fmt: skip
    found = json.loads(report.read_text())
    return [one["File"] for one in found if one["RuleID"].startswith("binance-")]


def by_detect_secrets(folder: Path) -> list[str]:
    done = subprocess.run(
        [program("detect-secrets"), "scan", "--all-files", "--no-verify",
         "-p", HOOKS / "detect_secrets_binance.py",
         "--disable-filter", "detect_secrets.filters.heuristic.is_indirect_reference", "."],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    results = json.loads(done.stdout)["results"]
    return [p for p, all_ in results.items() if any("Binance" in one["type"] for one in all_)]


def by_git_secrets(folder: Path) -> list[str]:
    program("git-secrets")
    environ = os.environ | {"GIT_CONFIG_GLOBAL": str(folder.parent / "gitconfig")}

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return done.stdout

    git("config", "--global", "secrets.providers", f"cat {HOOKS / 'git-secrets.txt'}")
    for line in (HOOKS / "git-secrets-allowed.txt").read_text().splitlines():
        git("config", "--global", "--add", "secrets.allowed", line)
    git("init", "-q")  # it reads folders of repositories only
    said = git("secrets", "--scan", "-r", ".")
    shutil.rmtree(folder / ".git")
    return [line.split(":")[0] for line in said.splitlines() if ".txt:" in line]


SCANNERS = {
    OURS: by_ours,
    "gitleaks": by_gitleaks,
    "detect-secrets": by_detect_secrets,
    "git-secrets": by_git_secrets,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Give the folders of true lines and of lookalikes."""
    folders = []
    for name, kinds, seed in (("true", SHAPES, 51), ("lookalikes", LOOKALIKES, 52)):
        folder = tmp_path_factory.mktemp("corpus") / name
        folder.mkdir()
        write(folder, kinds, seed)
        folders.append(folder)
    return folders


def counted(scanner: str, folder: Path) -> Counter[str]:
    """Return in how many files of each kind it finds something."""
    files = set(map(kind_of, SCANNERS[scanner](folder)))
    return Counter(kind for kind, _ in files)


def table(title: str, kinds, found: dict[str, Counter[str]]) -> list[str]:
    rows = [f"| {title} | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
    whole = len(kinds) * EACH
    totals = [f"{100 * each.total() / whole:.1f} %" for each in found.values()]
    rows.append(f"| **all {whole}** | {' | '.join(totals)} |")
    for kind in kinds:
        counts = [f"{each[kind]}" for each in found.values()]
        rows.append(f"| {kind} | {' | '.join(counts)} |")
    return [*rows, ""]


def page(corpus) -> str:
    true, lookalikes = corpus
    high = sum(one.confidence == "high" for one in scan.paths([lookalikes]).findings)
    head = HEAD.format(
        each=EACH, shapes=len(SHAPES), lookalikes=len(LOOKALIKES), high=high or "none"
    )
    versions = ", ".join(f"{name} {number}" for name, number in VERSIONS.items())
    lines = [
        f"Versions: {versions}.",
        "",
        f"## Keys that are found, of {EACH} of each shape",
        "",
        *table("shape", SHAPES, {name: counted(name, true) for name in SCANNERS}),
        f"## False alarms, in {EACH} of each kind",
        "",
        *table("looks like a key", LOOKALIKES, {n: counted(n, lookalikes) for n in SCANNERS}),
    ]
    return head + "\n".join(lines)


def column(text: str, number: int) -> dict[str, int]:
    """Return what the page says of a scanner, by kind."""
    rows = (line.strip("| \n").split(" | ") for line in text.splitlines() if line[:2] == "| ")
    return {row[0]: int(row[number]) for row in rows if row[number].isdecimal()}


def test_our_column_is_true(corpus) -> None:
    counts = counted(OURS, corpus[0]) + counted(OURS, corpus[1])
    assert column(PAGE.read_text(), 1) == {kind: counts[kind] for kind in (*SHAPES, *LOOKALIKES)}


@pytest.mark.product
def test_the_page_is_what_the_programs_find(corpus) -> None:
    """With the versions that it names; what is not installed skips it."""
    assert version("detect-secrets") == VERSIONS["detect-secrets"]
    made = page(corpus)
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(made)
    assert PAGE.read_text() == made
