"""Redact what a function of somebody else writes to stderr."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["clean_stderr", "write_to_stderr"]

_SWAPPING: Final = threading.RLock()  # guards sys.stderr


@contextmanager
def clean_stderr() -> Iterator[None]:
    """Collect what is written to `sys.stderr`, and write it redacted at the end."""
    with _SWAPPING:
        before = sys.stderr
        collected = _Collected(before)
        sys.stderr = collected
        try:
            yield
        finally:
            sys.stderr = before
            write_to_stderr("".join(collected.parts))


def write_to_stderr(text: str) -> None:
    """Write a text redacted, if there is a stderr that takes it."""
    with suppress(AttributeError, OSError, ValueError):  # None, a broken pipe, closed
        sys.stderr.write(redacted(text))
        sys.stderr.flush()


class _Collected:
    """A stream that keeps what is written; all else is that of another."""

    def __init__(self, stream: Any) -> None:
        self._stream: Final = stream
        self.parts: Final[list[str]] = []

    def write(self, text: str) -> int:
        self.parts.append(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        self.parts.extend(lines)

    def flush(self) -> None:
        """Nothing is written before the end."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
