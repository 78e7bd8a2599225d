"""Keyed digests of the secrets that this process has loaded: enough to know one when it is seen.

Of an API key, an HMAC secret and each line of a private key 64 bits stay, under a key that this
process has made. They outlive the credentials: an old secret is a secret, too.
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without importing hashlib
from binascii import b2a_base64, crc32
from itertools import compress, count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["BEGINNING", "LENGTHS", "RUN", "beginning_of", "goes_on", "is_known", "remember"]

RUN: Final = 64  # letters and digits of an API key and of a secret, and of a line of a PEM
LENGTHS: Final[set[int]] = set()  # of secrets that are not of 64 characters
_MOST_LENGTHS: Final = 16  # a look is taken for each
_SHORTEST: Final = 12
BEGINNING: Final = 8  # characters that tell in bulk which texts to look at
MOST_DIGESTS: Final = 400_000  # of digests, four of a secret; the oldest go
_KEYED: Final = blake2b(key=os.urandom(32), digest_size=8)
_SEED: Final = int.from_bytes(os.urandom(4))
DIGESTS: Final[dict[bytes, bool]] = {}  # whether more may follow
# The last block is in clear inside the hash, and `digest` copies that to the stack.
_FLUSH: Final = bytes(512)
_SIEVE: Final[set[int]] = set()  # 16 bits of a checksum keep most texts from being digested
BEGINNINGS: Final[set[int]] = set()  # checksums, for `map`: nothing else is that fast


def remember(plain: bytes | bytearray) -> None:
    """Remember a secret, or the lines of a private key, and what base64 and hex make of a secret.

    Shorter secrets than 12 characters are not remembered: they would hide what they are not.
    """
    with memoryview(plain) as view:
        lines = _lines(plain)
        for start, stop in lines:
            if stop - start == RUN:
                with view[start:stop] as part:
                    if len(lines) == 1:
                        _remember_forms(part)
                    _keep(part, goes_on=len(lines) > 1)
        if len(lines) == 1 and len(plain) != RUN and len(plain) >= _SHORTEST:
            _keep(view, goes_on=False)
            if len(LENGTHS) < _MOST_LENGTHS:
                LENGTHS.add(len(plain))
    for oldest in list(DIGESTS)[: max(len(DIGESTS) - MOST_DIGESTS, 0)]:
        DIGESTS.pop(oldest, None)


def is_known(text: bytes) -> bool:
    """Return whether 64 characters are a secret of this process, or begin one."""
    return _checksum(text) in _SIEVE and _digest(text) in DIGESTS


def goes_on(text: bytes) -> bool:
    """Return whether more of a secret may follow: of a private key, or of base64 and hex."""
    return DIGESTS.get(_digest(text), False)


def _remember_forms(part: memoryview) -> None:
    """Piece by piece, into a buffer that is overwritten: no copy of the secret stays."""
    form = bytearray(RUN)
    for start in range(0, RUN * 3 // 4, 3):
        form[start // 3 * 4 : start // 3 * 4 + 4] = b2a_base64(
            part[start : start + 3], newline=False
        )
    _keep(form, goes_on=True)
    for letters in (str.lower, str.upper):
        for start in range(0, RUN // 2, 2):
            form[start * 2 : start * 2 + 4] = letters(part[start : start + 2].hex()).encode()
        _keep(form, goes_on=True)
    form[:] = bytes(RUN)


def _keep(part: memoryview | bytearray, *, goes_on: bool) -> None:
    DIGESTS[_digest(part)] = goes_on
    _SIEVE.add(_checksum(part))
    with memoryview(part) as view, view[:BEGINNING] as beginning:
        BEGINNINGS.add(crc32(beginning))


def beginning_of(texts: Iterable[bytes]) -> Iterator[int]:
    """Return the numbers of those texts that some secret may begin with."""
    return compress(count(), map(BEGINNINGS.__contains__, map(crc32, texts)))


def _lines(plain: bytes | bytearray) -> list[tuple[int, int]]:
    found, start = [], 0
    while start < len(plain):
        stop = plain.find(b"\n", start)
        stop = len(plain) if stop < 0 else stop
        found.append((start, stop))
        start = stop + 1
    return found


def _digest(text: bytes | bytearray | memoryview) -> bytes:
    digest = _KEYED.copy()
    digest.update(text)
    digest.update(_FLUSH)
    return digest.digest()


def _checksum(text: bytes | bytearray | memoryview) -> int:
    return crc32(text, _SEED) & 0xFFFF
