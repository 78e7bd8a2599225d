"""Write the page of a run, and its drawings."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from benchmarks import growing
from benchmarks.core import Grown, Measured
from benchmarks.goals import table as goals_table
from benchmarks.standing import NO_REASON, behind
from benchmarks.svg import drawing, shown

PAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "reference"
PACKAGES: Final = (
    "binance-creds", "cryptography", "pydantic", "python-dotenv", "pydantic-settings", "dynaconf",
    "keyring", "boto3", "hvac", "google-cloud-secret-manager", "azure-keyvault-secrets",
    "aws-secretsmanager-caching", "aws-lambda-powertools", "python-binance", "ccxt",
    "binance-common", "binance-connector", "requests", "httpx",
)  # fmt: skip
HEAD: Final = """\
# Benchmarks

`make bench` measures this library beside its peers in one run, and writes this page.
Each round measures every row once, one after another; a ratio is that to the base of the same round, and the table has the median of the rounds with its quartiles.
[How the figures are made](../explanation/performance.md), and how far they are from what is possible, is explained elsewhere.
"""


@dataclass(frozen=True)
class Section:
    """What one group has found."""

    name: str
    title: str
    about: str
    results: list[Measured | Grown]
    left_out: list[str]


def write(sections: list[Section], pages: Path = PAGES) -> None:
    """Write the page and a drawing for each group."""
    (pages / "benchmarks").mkdir(exist_ok=True)
    for section in sections:
        path = pages / "benchmarks" / f"{section.name}.svg"
        path.write_text(drawing(section.title, section.results), encoding="utf-8")
    found = {it.of.title: it for section in sections for it in section.results}
    body = [HEAD, machine(), f"## Goals\n\n{goals_table(found)}"]
    if growth := growing.section(found):
        body.append(growth[0])
        (pages / "benchmarks" / f"{growing.FILE}.svg").write_text(growth[1], encoding="utf-8")
    body += [of_group(section) for section in sections]
    (pages / "benchmarks.md").write_text("\n".join(body), encoding="utf-8")


def machine() -> str:
    """Return what was measured on what, and how busy that was."""
    known = [f"{name} {it}" for name in PACKAGES if (it := version_of(name))]
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return (
        f"Measured on {time.strftime('%Y-%m-%d', time.gmtime())}: {processor()}, {os.cpu_count()}"
        f" cores, Linux {platform.release().partition('-')[0]},"
        f" {platform.python_implementation()} {platform.python_version()}."
        f" In the last minute {load:.1f} programs wanted each core.\n\n"
        f"Versions: {', '.join(known)}.\n"
    )


def processor() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def of_group(section: Section) -> str:
    tables = [
        of_measured(it) if isinstance(it, Measured) else of_grown(it) for it in section.results
    ]
    lines = [
        f"## {section.title}\n",
        f"{section.about}\n",
        f"![{section.title}: the same figures as bars](benchmarks/{section.name}.svg)\n",
        *tables,
    ]
    if section.left_out:
        lines.append(f"Left out: {'; '.join(section.left_out)}.\n")
    return "\n".join(lines)


def of_measured(result: Measured) -> str:
    """Return the table of a comparison, with the base in its head, and why a row is behind."""
    lines = [
        f"### {result.of.title}\n",
        f"| | {result.of.unit} | x {result.of.to or result.base} | quartiles |",
        "|---|---:|---:|---:|",
    ]
    for name in result.figures:
        low, high = map(shown, result.spread(name))
        is_none = not result.median(result.base_of(name))  # nothing is no multiple of nothing
        ratio, spread = ("", "") if is_none else (shown(result.ratio(name)), f"{low} to {high}")
        title = f"**{name}**" if name.startswith("binance-creds") else name
        lines.append(f"| {title} | {shown(result.median(name))} | {ratio} | {spread} |")
    for name, error in result.failed.items():
        lines.append(f"| {name} | failed | | {error} |")
    rounds = len(next(iter(result.figures.values())))
    note = f" {result.of.note}" if result.of.note else ""
    return "\n".join([*lines, "", f"{rounds} round{'s' * (rounds > 1)}.{note}\n", *reasons(result)])


def reasons(result: Measured | Grown) -> list[str]:
    """Return a line for each reason, with the rows of ours that are behind a peer for it."""
    rows: dict[str, list[str]] = {}
    for one in behind(result):
        rows.setdefault(one.why or NO_REASON, []).append(str(one))
    return [*(f"* {', '.join(found)}: {why}" for why, found in rows.items()), ""] if rows else []


def of_grown(result: Grown) -> str:
    numbers = result.of.numbers[: len(next(iter(result.lines.values())))]
    lines = [
        f"### {result.of.title}\n",
        f"| {result.of.unit} at {result.of.over} | {' | '.join(f'{it:,}' for it in numbers)} |",
        f"|---|{'---:|' * len(numbers)}",
        *(
            f"| {name} | {' | '.join('' if it != it else shown(it) for it in row)} |"  # a gap
            for name, row in result.lines.items()
        ),
    ]
    note = f"{result.of.note}\n" if result.of.note else ""
    return "\n".join([*lines, "", note, *reasons(result)])


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
