"""Keyed digests of the secrets that this process has loaded: enough to know one when it is seen.

Of an API key, an HMAC secret and each line of a private key 56 bits stay, under a key that this
process has made. They outlive the credentials: an old secret is a secret, too.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b  # what hashlib.blake2b is, without importing hashlib
from binascii import b2a_base64, crc32, hexlify
from itertools import compress, count

from binance_creds._secret import overwrite
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

__all__ = [
    "BEGINNING",
    "LENGTHS",
    "RUN",
    "Digests",
    "beginning_of",
    "goes_on",
    "is_known",
    "remember",
]

RUN: Final = 64  # letters and digits of an API key and of a secret, and of a line of a PEM
LENGTHS: Final[set[int]] = set()  # of secrets that are not of 64 characters
_MOST_LENGTHS: Final = 16  # a look is taken for each
_SHORTEST: Final = 12
BEGINNING: Final = 8  # characters that tell in bulk which texts to look at
_KEYED: Final = blake2b(key=os.urandom(32), digest_size=7)
_SEED: Final = int.from_bytes(os.urandom(4))
# The last block is in clear inside the hash, and `digest` copies that to the stack; of base64 the
# whole is there, and the same call with other bytes overwrites it.
_FLUSH: Final = bytes(512)
_FLUSHED_BASE64: Final = bytes(RUN * 3 // 4)


class Digests:
    """Digests, packed: a `dict` and a `set` of them take 20 times the memory.

    Each is 7 bytes, and one that says whether more of the secret may follow. They lie in buckets,
    in the order of their arrival. That a digest is looked for at any byte of a bucket makes an
    error likelier, from one in 2**56 to one in 2**53 for each that is there.

    Args:
        most: how many a bucket keeps; there are four of a secret, and the oldest go first.
        buckets: how many there are.
    """

    def __init__(self, most: int = 1600, buckets: int = 256) -> None:
        self._beginnings = bytearray()  # checksums of 4 bytes
        self._most_bytes = most * 8
        self._number = buckets
        self._buckets: dict[int, bytearray] = {}
        self._sieve = bytearray(0x10000)  # keeps most texts from being digested

    def add(self, part: memoryview | bytes | bytearray, *, goes_on: bool) -> bool:
        """Keep the digest of a text; return whether it is new."""
        if self.find(part) is not None:
            return False
        checksum = crc32(part, _SEED)
        bucket = self._buckets.setdefault(checksum % self._number, bytearray())
        bucket.extend(_digest(part) + bytes([goes_on]))  # at once: another thread may add, too
        del bucket[: -self._most_bytes]
        self._sieve[checksum & 0xFFFF] = 1
        with memoryview(part) as view, view[:BEGINNING] as beginning:
            self._beginnings.extend(crc32(beginning).to_bytes(4, sys.byteorder))
        return True

    def beginnings(self) -> set[int]:
        """Return the checksums of what the texts begin with."""
        with memoryview(bytes(self._beginnings)) as packed, packed.cast("I") as checksums:
            return {*checksums}

    def find(self, text: bytes | bytearray | memoryview) -> bool | None:
        """Return whether more may follow a text, or `None` for one that is not here."""
        checksum = crc32(text, _SEED)
        if not self._sieve[checksum & 0xFFFF]:
            return None
        bucket = bytes(self._buckets.get(checksum % self._number, b""))
        place = bucket.find(_digest(text))
        return None if place < 0 else bool(bucket[place + 7])


DIGESTS: Final = Digests()


def remember(plain: bytes | bytearray) -> None:
    """Remember a secret, or the lines of a private key, and what base64 and hex make of a secret.

    Shorter secrets than 12 characters are not remembered: they would hide what they are not.
    """
    if len(plain) == RUN and b"\n" not in plain:
        if DIGESTS.add(plain, goes_on=False):
            with memoryview(plain) as view:
                _remember_forms(view)
        return
    with memoryview(plain) as view:
        lines = _lines(plain)
        for start, stop in lines:
            if stop - start == RUN:
                with view[start:stop] as part:
                    DIGESTS.add(part, goes_on=True)
        if len(lines) == 1 and len(plain) >= _SHORTEST:
            DIGESTS.add(view, goes_on=False)
            if len(LENGTHS) < _MOST_LENGTHS:
                LENGTHS.add(len(plain))


def is_known(text: bytes) -> bool:
    """Return whether 64 characters are a secret of this process, or begin one."""
    return DIGESTS.find(text) is not None


def goes_on(text: bytes) -> bool:
    """Return whether more of a secret may follow: of a private key, or of base64 and hex."""
    return bool(DIGESTS.find(text))


def _remember_forms(part: memoryview) -> None:
    """Each is overwritten: no copy of the secret stays."""
    with part[: RUN * 3 // 4] as of_base64, part[: RUN // 2] as of_hex:
        forms = [[b2a_base64(of_base64, newline=False)], [hexlify(of_hex)]]
        b2a_base64(_FLUSHED_BASE64)
    forms.append([forms[-1][0].upper()])
    for form in forms:
        DIGESTS.add(form[0], goes_on=True)
    for form in forms:
        overwrite(form)


def beginning_of(texts: Iterable[bytes]) -> Iterator[int]:
    """Return the numbers of those texts that some secret may begin with."""
    return compress(count(), map(DIGESTS.beginnings().__contains__, map(crc32, texts)))


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
