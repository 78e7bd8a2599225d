"""Base64 of plaintext, in steps so small that none of them leaves the whole behind.

`binascii` works in a buffer on the stack, which nobody overwrites.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from typing import Final

from binance_creds._secret import Buffer, cut, joined, overwrite

__all__ = ["from_base64", "to_base64"]

_STEP_BYTES: Final = 24
_STEP_LETTERS: Final = 32
_BLANK: Final = b" \t\n\v\f\r"
_TO_PLAIN: Final = bytes.maketrans(b"-_", b"+/")  # RFC 4648, section 5: the alphabet of URLs
_LINE_LETTERS: Final = 64  # RFC 7468, section 2


def from_base64(text: Buffer) -> Buffer | None:
    """Return what base64 says, `None` if it is not base64.

    Blanks are passed over; the alphabet may be that of URLs, and the padding may be missing.
    """
    packed = text.translate(_TO_PLAIN, _BLANK)
    try:
        return _decoded(packed)
    except Error:  # a character outside the alphabet, or wrong padding
        return None
    finally:
        packed[:] = bytes(len(packed))


def to_base64(plain: bytes | bytearray) -> Buffer:
    """Return base64 in the lines of a PEM, the last one ended too."""
    letters = -(-len(plain) // 3) * 4
    lines = -(-letters // _LINE_LETTERS)
    text = Buffer(b"\n" * (letters + lines))
    with memoryview(plain) as view, memoryview(text) as target:
        for start in range(0, len(plain), _STEP_BYTES):
            piece = [b2a_base64(view[start : start + _STEP_BYTES], newline=False)]
            at = start // 3 * 4
            at += at // _LINE_LETTERS
            target[at : at + len(piece[0])] = piece[0]
            overwrite(piece)
    return text


def _decoded(packed: bytearray) -> Buffer:
    if packed.find(b"=", 0, max(0, len(packed) - 2)) >= 0:
        raise Error  # each step would take a padding of its own
    data = Buffer(len(packed))
    size = 0
    with memoryview(packed) as view, memoryview(data) as target:
        for start in range(0, len(packed), _STEP_LETTERS):
            letters: memoryview | Buffer = view[start : start + _STEP_LETTERS]
            if len(letters) % 4:
                letters = joined([letters, b"=" * (-len(letters) % 4)])
            piece = [a2b_base64(letters, strict_mode=True)]
            target[size : size + len(piece[0])] = piece[0]
            size += len(piece[0])
            overwrite(piece)
    return cut(data, 0, size)
