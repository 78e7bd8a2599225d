"""A version for sources that have none: a digest of the content under a key of this process.

A plain hash would let anyone who sees it search for the secret; this one means nothing outside
the process, and there only "the same" or "another".
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without OpenSSL, which hashlib loads

from binance_creds._secret import plain_bytes
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from binance_creds._secret import Secret

__all__ = ["content_version", "is_content_version", "keyed_digest"]

_START: Final = "content-"
_KEY: Final = os.urandom(32)
# The last block is in clear inside the hash, and `hexdigest` copies that to the stack.
_FLUSH: Final = bytes(512)


def content_version(fields: Mapping[str, Secret]) -> str:
    """Return `content-` and 16 hex digits, equal for equal fields within this process."""
    names = sorted(fields)
    parts = (part for name in names for part in (name.encode(), plain_bytes(fields[name])))
    return f"{_START}{keyed_digest(parts)}"


def is_content_version(version: str) -> bool:
    """Return whether a version is such a digest."""
    return version.startswith(_START)


def keyed_digest(parts: Iterable[bytes | bytearray | memoryview]) -> str:
    """Return 16 hex digits, equal for equal parts within this process."""
    digest = blake2b(key=_KEY, digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    digest.update(_FLUSH)
    return digest.hexdigest()
