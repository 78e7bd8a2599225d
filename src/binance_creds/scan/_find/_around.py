"""What stands near a value: its name, its line, the words of its neighbourhood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Place"]

_LINES: Final = 3
_NEAR: Final = 40  # characters, whatever the lines
_FAR: Final = 400  # bytes of lines that are very long
_OWN: Final = re.compile(
    rb"""([A-Za-z_$][\w.$-]{0,63})(?:["'\\\])\s]|%22)*"""
    rb"""(?::=|=>|->|[=:]|%3[Dd]|%3[Aa]|\\u003[Dd])+(?:["'`\\\[({<\s]|%22|b(?=["']))*\Z"""
)
_SEPARATORS: Final = b"-_ ."
_CONTEXT: Final = (b"binance", b"xmbxapikey", b"apikey", b"apisecret", b"secretkey")
_BINANCE: Final = (b"binance", b"xmbx")
_SUM: Final = re.compile(rb"[ \t]+[*]?(?=\S*[./])[^\s=:,;\"']+[ \t]*(?:[\r\n]|\Z)")  # of sha256sum
_PRAGMA: Final = (b"binance-creds: ignore", b"pragma: allowlist secret")


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a text.

    Attributes:
        text: what it stands in.
        start: its first byte.
        stop: the byte after its last one.
    """

    text: bytes
    start: int
    stop: int

    @property
    def value(self) -> bytes:
        """The bytes themselves."""
        return self.text[self.start : self.stop]

    @property
    def before(self) -> bytes:
        """Its line up to it."""
        begin = self.text.rfind(b"\n", max(0, self.start - _FAR), self.start) + 1
        return self.text[max(begin, self.start - _FAR) : self.start]

    @property
    def after(self) -> bytes:
        """Its line after it."""
        end = self.text.find(b"\n", self.stop, self.stop + _FAR)
        return self.text[self.stop : end if end >= 0 else self.stop + _FAR]

    @property
    def name(self) -> bytes | None:
        """The name that the value has in its line."""
        found = _OWN.search(self.before[-160:])
        return found[1] if found else None

    @property
    def has_context(self) -> bool:
        """Whether a word near it speaks of keys of Binance."""
        return _has(self._near(), _CONTEXT)

    @property
    def is_near_binance(self) -> bool:
        """Whether Binance is named near it."""
        return _has(self._near(), _BINANCE)

    @property
    def is_sum_of_file(self) -> bool:
        """Whether the line is one of `sha256sum`."""
        return not self.before.strip() and _SUM.match(self.text, self.stop) is not None

    @property
    def is_allowed(self) -> bool:
        """Whether the line has a remark that allows it."""
        line = (self.before + self.after).lower()
        return any(pragma in line for pragma in _PRAGMA)

    def _near(self) -> bytes:
        text = self.text
        begin = self.start
        for _ in range(_LINES + 1):
            begin = text.rfind(b"\n", max(0, self.start - _FAR), begin)
            if begin < 0:
                begin = max(0, self.start - _FAR)
                break
        end = self.stop
        for _ in range(_LINES + 1):
            end = text.find(b"\n", end + 1, self.stop + _FAR)
            if end < 0:
                end = self.stop + _FAR
                break
        begin, end = min(begin, max(0, self.start - _NEAR)), max(end, self.stop + _NEAR)
        return text[begin : self.start] + b"\n" + text[self.stop : end]


def _has(text: bytes, words: tuple[bytes, ...]) -> bool:
    plain = text.lower().translate(None, _SEPARATORS)
    return any(word in plain for word in words)
