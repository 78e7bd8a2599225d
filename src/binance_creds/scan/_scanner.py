"""One scan: texts go in, a report comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.scan._content import has_generic_rules, left_out_by_content
from binance_creds.scan._find._rules import generic_hits
from binance_creds.scan._find._windows import HEAD, windows
from binance_creds.scan._findings import (
    Finding,
    LeftOut,
    Report,
    Sighting,
    id_of,
    mark_of,
)
from binance_creds.scan._own._digests import OwnKeys
from binance_creds.scan._own._search import own_hits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.scan._find._windows import Window

__all__ = ["Scanner"]

_LEAST: Final = 32  # bytes of the shortest text with half a key


class Scanner:
    """Look at one text after another.

    Args:
        own: keys that are looked for besides what looks like one.
        on_progress: is called after each text with the report as it is.
    """

    def __init__(
        self, own: OwnKeys | None, on_progress: Callable[[Report], object] | None = None
    ) -> None:
        self.report: Final = Report()
        self._own = own or OwnKeys()
        self._on_progress = on_progress

    def look_at(self, path: str, first: bytes, read: Callable[[int], bytes] | None = None) -> None:
        """Look at a text, and report what is in it.

        Args:
            path: how it is named.
            first: the whole text, or its beginning.
            read: the rest.
        """
        reason = left_out_by_content(path, first[:HEAD])
        if reason is not None:
            self.report.left_out.append(reason)
            return
        for one in self.look_into(first, read):
            self.add(path, one)

    def look_into(
        self, first: bytes, read: Callable[[int], bytes] | None = None
    ) -> Iterator[Sighting]:
        """Return what is in a text."""
        self.report.files += 1
        if read is None and len(first) < _LEAST:
            self.report.bytes += len(first)
        else:
            seen: set[tuple[int, str, str]] = set()
            for window in windows(self._counted(first, read)):
                yield from self._own_sightings(window, seen)
                yield from self._sightings(window)
        if self._on_progress is not None:
            self._on_progress(self.report)

    def add(self, path: str, one: Sighting, commit: str = "") -> None:
        """Report what was seen, unless it is of a rule that does not look at such a file."""
        if one.profile or has_generic_rules(path):
            number = id_of(one.rule, path, one.mark)
            self.report.findings.append(Finding(path, *one[:-1], number, commit))

    def leave_out(self, path: str, reason: str, command: str = "") -> None:
        """Say that a text was not read, why, and what reads it."""
        self.report.left_out.append(LeftOut(path, reason, command))

    def _counted(self, first: bytes, read: Callable[[int], bytes] | None) -> Callable[[int], bytes]:
        beginning = [first]

        def more(size: int) -> bytes:
            part = beginning.pop() if beginning else read(size) if read else b""
            self.report.bytes += len(part)
            return part

        return more

    def _sightings(self, window: Window) -> Iterator[Sighting]:
        for hit in generic_hits(window.text, window.begin, window.end):
            value = window.text[hit.start : hit.stop]
            if not (self._own and self._own.whose(value)):
                line, column = window.position(hit.start)
                yield Sighting(line, column, hit.rule, hit.confidence, "", mark_of(value))

    def _own_sightings(self, window: Window, seen: set[tuple[int, str, str]]) -> Iterator[Sighting]:
        for hit in own_hits(window.text, self._own) if self._own else ():
            line = window.lines + hit.line + 1
            if (line, hit.rule, hit.profile) not in seen:  # in what two parts share
                seen.add((line, hit.rule, hit.profile))
                column = hit.column + 1 + (0 if hit.line else window.columns)
                yield Sighting(line, column, hit.rule, "high", hit.profile, mark_of(hit.value))
