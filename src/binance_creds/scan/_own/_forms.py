"""What a text says once escapes, zeros, base64 and hexadecimal digits are undone."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["decoded", "views"]

# Each begins with the character by which it is found fast.
_ESCAPES: Final = (
    (b"%", re.compile(rb"%([2-7][0-9A-Fa-f])"), 16),
    (b"\\u00", re.compile(rb"\\\\*u00([2-7][0-9A-Fa-f])"), 16),
    (b"\\x", re.compile(rb"\\\\*x([2-7][0-9A-Fa-f])"), 16),
    (b"&#x", re.compile(rb"&#x([2-7][0-9A-Fa-f]);"), 16),
    (b"&#", re.compile(rb"&#(\d{2,3});"), 10),
    (b"\\/", re.compile(rb"\\\\*(/)"), 0),
)
_LEAST: Final = 86  # characters of base64 of a key
_HEX: Final = re.compile(rb"[0-9A-Fa-f]+")
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_SHIFTS: Final = 2  # characters that an escape may leave before base64
_QUARTET: Final = 4
_ASCII: Final = 128


def views(text: bytes) -> Iterator[bytes]:
    """Return a text as it is, and without its escapes and zeros, with the same lines."""
    yield text
    if b"\0" in text:  # letters of UTF-16 within a binary file
        yield text.replace(b"\0", b"")
    plain = text
    for sign, escape, base in _ESCAPES:
        if sign in plain:
            plain = escape.sub(partial(_unescaped, base), plain)
    if plain != text:
        yield plain


def decoded(run: bytes) -> Iterator[bytes]:
    """Return what a run of letters, digits and `+/-_` says as base64 and as hexadecimal digits."""
    if len(run) < _LEAST:
        return
    if _HEX.fullmatch(run):
        yield bytes.fromhex(run[: len(run) // 2 * 2].decode())
    standard = run.translate(_TO_STANDARD)
    for shift in range(_SHIFTS + 1):
        whole = (len(standard) - shift) // _QUARTET * _QUARTET
        rest = standard[shift + whole :]
        end = rest + b"=" * (_QUARTET - len(rest)) if len(rest) > 1 else b""
        try:
            yield a2b_base64(standard[shift : shift + whole] + end)
        except Error:  # pragma: no cover  # it has whole quartets of its letters only
            continue


def _unescaped(base: int, found: re.Match[bytes]) -> bytes:
    code = int(found[1], base) if base else found[1][0]
    # Line ends would move the lines, and nothing but ASCII is part of a key.
    return bytes([code]) if ord(" ") <= code < _ASCII else found[0]
