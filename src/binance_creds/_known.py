"""Keyed digests of the secrets that this process has loaded: enough to know one when it is seen.

Of an API key, an HMAC secret and each line of a private key 64 bits stay, under a key that this
process has made. They outlive the credentials: an old secret is a secret, too.
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without importing hashlib
from itertools import compress, count
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["BEGINNING", "RUN", "beginning_of", "is_known", "remember"]

RUN: Final = 64  # letters and digits of an API key and of a secret, and of a line of a PEM
BEGINNING: Final = 8  # characters that tell in bulk which texts to look at
_MOST: Final = 100_000  # of digests; the oldest go
_KEYED: Final = blake2b(key=os.urandom(32), digest_size=8)
_SEED: Final = int.from_bytes(os.urandom(4))
_DIGESTS: Final[dict[bytes, None]] = {}
# The last block is in clear inside the hash, and `digest` copies that to the stack.
_FLUSH: Final = bytes(512)
_SIEVE: Final[set[int]] = set()  # 16 bits of a checksum keep most texts from being digested
_BEGINNINGS: Final[set[int]] = set()  # checksums, for `map`: nothing else is that fast


def remember(plain: bytes | bytearray) -> None:
    """Remember a secret, or the lines of a private key. Other lengths are not remembered."""
    with memoryview(plain) as view:
        for start, stop in _lines(plain):
            if stop - start == RUN:
                with view[start:stop] as part:
                    _DIGESTS[_digest(part)] = None
                    _SIEVE.add(_checksum(part))
                    with part[:BEGINNING] as beginning:
                        _BEGINNINGS.add(crc32(beginning))
    for oldest in list(_DIGESTS)[: max(len(_DIGESTS) - _MOST, 0)]:
        _DIGESTS.pop(oldest, None)


def is_known(text: bytes) -> bool:
    """Return whether 64 characters are a secret of this process."""
    return _checksum(text) in _SIEVE and _digest(text) in _DIGESTS


def beginning_of(texts: Iterable[bytes]) -> Iterator[int]:
    """Return the numbers of those texts that some secret may begin with."""
    return compress(count(), map(_BEGINNINGS.__contains__, map(crc32, texts)))


def _lines(plain: bytes | bytearray) -> list[tuple[int, int]]:
    found, start = [], 0
    while start < len(plain):
        stop = plain.find(b"\n", start)
        stop = len(plain) if stop < 0 else stop
        found.append((start, stop))
        start = stop + 1
    return found


def _digest(text: bytes | memoryview) -> bytes:
    digest = _KEYED.copy()
    digest.update(text)
    digest.update(_FLUSH)
    return digest.digest()


def _checksum(text: bytes | memoryview) -> int:
    return crc32(text, _SEED) & 0xFFFF
