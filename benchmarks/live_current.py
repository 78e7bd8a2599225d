"""`live.current` against a plain property that gives an attribute, side by side.

Budget: at most 100 ns, and at most 3 times the plain property.
"""

from __future__ import annotations

import statistics
import timeit

from binance_creds import load_credentials
from binance_creds.providers import memory

READS = 200_000


class Plain:
    __slots__ = ("_current",)

    def __init__(self, current: object) -> None:
        self._current = current

    @property
    def current(self) -> object:
        return self._current


def nanoseconds(statement: str, **names: object) -> float:
    return timeit.timeit(statement, globals=names, number=READS) / READS * 1e9


def main() -> None:
    memory.register("benchmark", {"api_key": "k1" * 32, "api_secret": "s2" * 32})
    with load_credentials("memory:benchmark", live=True) as live:
        plain = Plain(live.current)
        pairs = [
            (nanoseconds("it.current", it=plain), nanoseconds("it.current", it=live))
            for _ in range(20)
        ]
    base = statistics.median(pair[0] for pair in pairs)
    ours = statistics.median(pair[1] for pair in pairs)
    print(f"plain property {base:.1f} ns, live.current {ours:.1f} ns: {ours / base:.2f}x")


if __name__ == "__main__":
    main()
