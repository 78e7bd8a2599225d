"""Measure scans beside ripgrep and gitleaks, in one run: `python benchmarks/scanners.py`.

Text in memory beside the regular expression; a tree of 10,000 files beside `rg -j1`; a history of
5,000 commits beside gitleaks with `hooks/gitleaks.toml`. Programs that are missing are left out.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from binance_creds.scan._find._rules import generic_hits

ROOT = Path(__file__).resolve().parents[1]
WORDS = re.findall(r"\S+", (ROOT / "src/binance_creds/_secret.py").read_text())
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
CHUNK, FILES, COMMITS, TRIES = 512 * 1024, 10_000, 5_000, 3


def text(chance: random.Random, lines: int) -> str:
    return "\n".join(" ".join(chance.choices(WORDS, k=9)) for _ in range(lines)) + "\n"


def best(call: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, env=ENVIRON)
    assert done.returncode in {0, 1}, done.stderr


def in_memory() -> None:
    source = text(random.Random(1), 20_000).encode() * 30
    parts = [source[start : start + CHUNK] for start in range(0, len(source), CHUNK)]
    ours = best(lambda: [list(generic_hits(part, 0, len(part))) for part in parts])
    plain = re.compile(rb"[A-Za-z0-9]{64}")
    theirs = best(lambda: [plain.findall(part) for part in parts[:20]]) * len(parts) / 20
    size = len(source) / 1e6
    print(f"in memory    ours {size / ours:.0f} MB/s, re {size / theirs:.0f} MB/s")


def tree(folder: Path) -> None:
    chance = random.Random(2)
    for number in range(FILES):
        path = folder / f"d{number // 100}" / f"f{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(chance, chance.randrange(20, 400)))
    ours = best(lambda: run(sys.executable, "-m", "binance_creds", "scan", ".", folder=folder))
    print(f"tree         ours {ours:.2f} s")
    if shutil.which("rg"):
        theirs = best(lambda: run("rg", "-j1", "-c", "[A-Za-z0-9]{64}", ".", folder=folder))
        print(f"             rg -j1 {theirs:.2f} s; ours is {ours / theirs:.2f} times that")


def history(folder: Path) -> None:
    chance = random.Random(3)
    run("git", "init", "-q", folder=folder)
    lines = []
    for number in range(COMMITS):
        content = text(chance, 60)
        lines.append(
            f"commit refs/heads/main\ncommitter x <x@x> {number} +0000\ndata 1\nx\n"
            f"M 100644 inline f{number % 300}.py\ndata {len(content.encode())}\n{content}"
        )
    source = "\n".join(lines).encode()
    subprocess.run(["git", "fast-import", "--quiet"], input=source, cwd=folder, check=True)
    run("git", "symbolic-ref", "HEAD", "refs/heads/main", folder=folder)
    command = (sys.executable, "-m", "binance_creds", "scan", "--history")
    ours = best(lambda: run(*command, folder=folder))
    print(f"history      ours {ours:.2f} s")
    gitleaks = shutil.which("gitleaks")
    if gitleaks:
        config = str(ROOT / "hooks" / "gitleaks.toml")
        theirs = best(lambda: run(gitleaks, "git", "-c", config, "--redact", ".", folder=folder))
        print(f"             gitleaks {theirs:.2f} s; ours is {ours / theirs:.2f} times that")


def main() -> None:
    in_memory()
    for measure in (tree, history):
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name))


if __name__ == "__main__":
    main()
