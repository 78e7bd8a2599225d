"""stdout and stderr, for what is printed.

`print("signature=", value, sep="")` makes several writes: a line is redacted as a whole, when it
ends or is flushed.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from binance_creds._threads._fork import hold_while_forking
from binance_creds.redact._text import FAILED, REDACTED, secret_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from binance_creds.redact._change import Change

__all__ = ["redact_streams"]

_LONGEST_LINE: Final = 8_192  # characters that wait until the line ends
_LONGEST_WORD: Final = 4_096  # that is not cut in a longer line; a key of 4096 bits has 3,200
_NAME: Final = 64  # characters in which the name of a value is, or the first line of a private key
_LOCK: Final = threading.RLock()  # guards what each stream keeps
hold_while_forking(_LOCK)


def redact_streams(change: Change) -> Callable[[], None]:
    """Redact what is written to the streams that are there now; return what writes the rest."""
    streams: list[_Redacted] = []

    def redacting(stream: Any) -> Any:
        if stream is None:  # of a windowed program
            return None
        streams.append(_Redacted(stream))
        return streams[-1]

    change.replace(sys, "stdout", redacting)
    change.replace(sys, "stderr", redacting)

    def finish() -> None:
        for stream in streams:
            with suppress(OSError, ValueError):  # a broken pipe, closed
                stream.write_rest()

    return finish


class _Redacted:
    """A stream whose lines are redacted; all else is that of another."""

    def __init__(self, stream: Any) -> None:
        self._stream: Final = stream
        self._line = ""  # what is not written yet
        self._before = ""  # what has been written of the line, raw: it may name what follows

    def write(self, text: str) -> int:
        self._pass_on(text, is_flushed=False)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self.write_rest()
        self._stream.flush()

    def close(self) -> None:
        self.write_rest()
        self._stream.close()

    def write_rest(self) -> None:
        """Write what was kept of a line that has not ended."""
        if self._line:
            self._pass_on("", is_flushed=True)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _pass_on(self, text: str, *, is_flushed: bool) -> None:
        with _LOCK:
            line, self._line = self._line + text, ""  # a signal handler may print in between
            before, self._before = self._before, ""
            clean, rest, context = _cut(before, line, is_flushed=is_flushed)
            self._line, self._before = rest + self._line, context
        if clean:
            self._stream.write(clean)


def _cut(before: str, line: str, *, is_flushed: bool) -> tuple[str, str, str]:
    """Return what is written, what waits, and what is to be remembered of what was written."""
    count = len(line) if is_flushed else _end(line)
    if not count:
        return "", line, before
    whole, begin, end = before + line, len(before), len(before) + count
    try:
        spans = secret_spans(whole)
        return _without(spans, whole, begin, end), line[count:], _context(spans, whole, end)
    except Exception:  # noqa: BLE001  # whatever it is, the text must not be shown
        return FAILED + "\n", "", ""


def _end(line: str) -> int:
    """Return how much of a text can be written: whole lines, or the words of a very long one."""
    end = _end_of_lines(line)
    if len(line) - end <= _LONGEST_LINE:
        return end
    return max(line.rfind(" ", -_LONGEST_WORD) + 1, len(line) - _LONGEST_WORD)


def _end_of_lines(text: str) -> int:
    return max(text.rfind("\n"), text.rfind("\r")) + 1


def _context(spans: list[tuple[int, int]], whole: str, end: int) -> str:
    """Return the line's beginning; of a secret that goes on, what will show that it does."""
    start = max(_end_of_lines(whole[:end]), end - _LONGEST_WORD)
    for left, right in spans:
        if left < end <= right and left - _NAME < start:
            value = left + _NAME  # or the first line of a private key
            return (
                whole[max(left - _NAME, 0) : min(value, end)] + whole[max(value, end - _NAME) : end]
            )
    return whole[start:end]


def _without(spans: list[tuple[int, int]], text: str, begin: int, end: int) -> str:
    parts = []
    for start, stop in spans:
        if start < end and stop > begin:
            parts += [text[begin : max(start, begin)], REDACTED]
            begin = stop
    return "".join([*parts, text[begin:end]])
