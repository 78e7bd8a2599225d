"""A version for sources that have none: a digest of the content under a key of this process.

A plain hash would let anyone who sees it search for the secret; this one means nothing outside
the process, and there only "the same" or "another".
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without OpenSSL, which hashlib loads

from binance_creds._raw import RawSecret, Unchanged
from binance_creds._secret import plain_bytes
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from binance_creds._secret import Secret

__all__ = ["answer", "content_version", "is_content_version", "keyed_digest"]

_START: Final = "content-"
_KEYED: Final = blake2b(key=os.urandom(32), digest_size=8)
# The last block is in clear inside the hash, and `hexdigest` copies that to the stack.
_FLUSH: Final = bytes(512)


def answer(
    fields: Mapping[str, Secret], origin: str, known_version: str | None
) -> RawSecret | Unchanged:
    """Return what a provider answers whose source has no versions.

    Args:
        fields: what it has read.
        origin: the redacted source.
        known_version: what the caller holds.
    """
    version = content_version(fields)
    if version == known_version:
        return Unchanged(version)
    return RawSecret(fields, origin=origin, version=version)


def content_version(fields: Mapping[str, Secret]) -> str:
    """Return `content-` and 16 hex digits, equal for equal fields within this process."""
    names = sorted(fields)
    values = [plain_bytes(fields[name]) for name in names]
    return f"{_START}{keyed_digest([','.join(names).encode(), *values])}"


def is_content_version(version: str) -> bool:
    """Return whether a version is such a digest."""
    return version.startswith(_START)


def keyed_digest(parts: Iterable[bytes | bytearray | memoryview]) -> str:
    """Return 16 hex digits, equal for equal parts within this process."""
    digest = _KEYED.copy()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    digest.update(_FLUSH)
    return digest.hexdigest()
