"""stdout and stderr, for what is printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from binance_creds.redact._change import Change

__all__ = ["redact_streams"]


def redact_streams(change: Change) -> None:
    """Redact each text that is written to the streams that are there now."""
    change.replace(sys, "stdout", _Redacted)
    change.replace(sys, "stderr", _Redacted)


class _Redacted:
    """A stream whose texts are redacted; all else is that of another."""

    def __init__(self, stream: Any) -> None:
        self._stream: Final = stream

    def write(self, text: str) -> int:
        self._stream.write(redacted(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
