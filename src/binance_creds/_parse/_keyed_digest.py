"""A digest of plaintext under a key of this process.

A plain hash would let anyone who sees it search for the secret; this one means nothing outside
the process, and there only "the same" or "another".
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without OpenSSL, which hashlib loads
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["keyed_digest"]

_KEY: Final = os.urandom(32)
# The last block is in clear inside the hash, and `hexdigest` copies that to the stack.
_FLUSH: Final = bytes(512)


def keyed_digest(parts: Iterable[bytes | bytearray | memoryview]) -> str:
    """Return 16 hex digits, equal for equal parts within this process."""
    digest = blake2b(key=_KEY, digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    digest.update(_FLUSH)
    return digest.hexdigest()
