"""The distributions: built twice to the same bytes, with nothing in them but what belongs there."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "binance_creds/"
METADATA: Final = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
ENTRY_POINTS: Final = ("[console_scripts]\nbinance-creds =", "[pyinstaller40]\n", "[pytest11]\n")


def run(*command: str | Path, **options: object) -> str:
    """Run a command; return what it prints, or raise with it."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, **options
    )
    return done.stdout


def tracked(root: Path) -> set[str]:
    """Return the files that git knows."""
    return set(run("git", "ls-files", "-z", cwd=root).split("\0")) - {""}


def build_twice(root: Path, scratch: Path) -> str:
    """Build `dist` anew, and once more beside it: both are to have the same bytes."""
    dist, again = root / "dist", scratch / "again"
    shutil.rmtree(dist, ignore_errors=True)
    epoch = run("git", "log", "-1", "--format=%ct", cwd=root).strip()
    installer = ["--installer", "uv"] if shutil.which("uv") else []
    for folder in (dist, again):
        command = [sys.executable, "-m", "build", *installer, "--outdir", str(folder), str(root)]
        run(*command, env=os.environ | {"SOURCE_DATE_EPOCH": epoch})
    first, second = digests(dist), digests(again)
    assert first == second, f"two builds differ: {first}, {second}"
    return "twice the same: " + ", ".join(f"{name} {it[:12]}" for name, it in first.items())


def digests(folder: Path) -> dict[str, str]:
    return {it.name: hashlib.sha256(it.read_bytes()).hexdigest() for it in sorted(folder.iterdir())}


def twine(*distributions: Path) -> str:
    run(sys.executable, "-m", "twine", "check", "--strict", *distributions)
    return "the metadata and the long description are valid"


def judge_wheel(wheel: Path, tree: set[str]) -> str:
    """Find in a wheel the whole package, what describes it, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        (info,) = {name.partition("/")[0] for name in names if not name.startswith(PACKAGE)}
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    package = {name.removeprefix("src/") for name in tree if name.startswith(f"src/{PACKAGE}")}
    expected = package | {f"{info}/{name}" for name in METADATA}
    assert names == expected, f"in the wheel or missing there: {sorted(names ^ expected)}"
    assert f"{PACKAGE}py.typed" in names, "py.typed is missing"
    for entry in ENTRY_POINTS:
        assert entry in entry_points, f"no entry point {entry!r}"
    return f"{len(package)} files of the package, types, licence and entry points, nothing else"


def judge_sdist(sdist: Path, tree: set[str]) -> str:
    """Find in an sdist only what git knows."""
    with tarfile.open(sdist) as archive:
        names = {it.name.partition("/")[2] for it in archive.getmembers() if it.isfile()}
    foreign = names - tree - {"PKG-INFO"}
    assert not foreign, f"git does not know {sorted(foreign)}"
    missing = {name for name in tree if name.startswith(("src/", "tests/"))} - names
    assert not missing, f"missing: {sorted(missing)}"
    return f"{len(names)} files, all known to git"
