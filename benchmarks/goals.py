"""What the project wants to reach, and what a run has reached of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.core import Grown, Measured

Results = Mapping[str, Measured | Grown]


@dataclass(frozen=True)
class Goal:
    """One figure of a table, and its limit.

    Args:
        work: what is done.
        limit: that is not to be exceeded, with `unit`.
        title: of the table.
        reached: takes the figure out of it.
        floor: what any Python program pays, where that is known.
    """

    work: str
    limit: float
    unit: str
    title: str
    reached: Callable[[Measured | Grown], float]
    floor: str = ""


def ratio(name: str) -> Callable[[Measured], float]:
    return lambda table: table.ratio(name)


def median(name: str, per: float = 1) -> Callable[[Measured], float]:
    return lambda table: table.median(name) / per


def difference(name: str) -> Callable[[Measured], float]:
    """Return by how much a row exceeds the base, as the median of the rounds."""

    def taken(table: Measured) -> float:
        pairs = zip(table.figures[name], table.figures[table.base], strict=True)
        return statistics.median(ours - base for ours, base in pairs)

    return taken


def largest(name: str) -> Callable[[Grown], float]:
    return lambda table: table.lines[name][-1]


ADAPTER: Final = "binance-creds, its adapter"
FILES: Final = "binance-creds, files"
GOALS: Final = (
    Goal("import and first load from the environment", 2.8, "x a bare interpreter",
         "Time of the processor", ratio("binance-creds, environment"), "2.3"),
    Goal("first live handle on a `.env`", 5, "x a bare interpreter",
         "Time of the processor", ratio("binance-creds, live handle on .env"), "2.5"),
    Goal("`sign_request`, a whole order", 0.4, "x python-binance",
         "A whole signed order, not sent", ratio("binance-creds, sign_request"), "0.22"),
    Goal("a request inside python-binance", 1.0, "x python-binance alone",
         "A request by python-binance, over loopback", ratio(ADAPTER), "1.0"),
    Goal("the adapter of requests", 8, "us more than without",
         "A request by requests, over loopback", difference(ADAPTER)),
    Goal("the adapter of httpx", 8, "us more than without",
         "A request by httpx, over loopback", difference(ADAPTER)),
    Goal("the adapter of httpx, asyncio", 8, "us more than without",
         "A request by httpx, asyncio, over loopback", difference(ADAPTER)),
    Goal("HMAC signature", 0.40, "x hmac.new", "HMAC signature", ratio("binance-creds, HMAC"), "0.40"),
    Goal("Ed25519 signature", 1.05, "x cryptography", "Ed25519 signature",
         ratio("binance-creds, Ed25519"), "1.0"),
    Goal("RSA-2048 signature", 1.05, "x cryptography", "RSA-2048 signature",
         ratio("binance-creds, RSA-2048"), "1.0"),
    *(
        Goal(f"a signature by {place}", 1.1, "x its SDK alone", "1 thread: half take at most",
             ratio(f"binance-creds, {place}"), "1.0")
        for place in ("Vault Transit, Ed25519", "AWS KMS, Ed25519", "Google KMS REST, Ed25519",
                      "Google KMS gRPC, Ed25519", "Azure Key Vault, RSA-2048")
    ),
    Goal("warm `load_credentials(uri)`", 1.5, "us", "One thread",
         median("binance-creds, load_credentials(uri)", per=1000)),
    Goal("warm `load_credentials()`", 10, "us", "One thread",
         median("binance-creds, load_credentials()", per=1000)),
    Goal("cold load of a `.env` in a warm process", 1.0, "x dotenv_values",
         "A .env in a warm process", ratio("binance-creds, a fresh load")),
    Goal("a cached pair with its plan", 900, "bytes", "A cached pair",
         median("binance-creds, with its plan")),
    Goal("10,000 live credentials: threads", 1, "thread", "Threads", largest(FILES), "1"),
    Goal("10,000 live credentials at rest", 1, "% of a core", "Processor at rest", largest(FILES), "0"),
    Goal("10,000 live credentials, each", 6, "KiB", "Memory for each", largest(FILES)),
    Goal("10,000 live credentials: all have swapped", 10, "s", "Until all have the new pair", largest(FILES)),
)  # fmt: skip


def table(results: Results) -> str:
    """Return the goals as a table, each with the figure of this run."""
    from benchmarks.svg import shown

    lines = [
        "| work | goal | reached | floor | |",
        "|---|---:|---:|---:|---|",
    ]
    for goal in GOALS:
        if goal.title not in results:
            continue
        try:
            reached = goal.reached(results[goal.title])
        except KeyError:  # the row failed, or its programs are not installed
            figure, verdict = "", "not measured"
        else:
            figure, verdict = shown(reached), "met" if reached <= goal.limit else "**not met**"
        lines.append(
            f"| {goal.work} | {goal.limit:g} {goal.unit} | {figure} | {goal.floor} | {verdict} |"
        )
    return "\n".join(lines) + "\n"
