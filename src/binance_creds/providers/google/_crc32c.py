"""CRC-32C of a payload: what Google sends beside a secret, and wants beside a new one.

Google's own package for it is no dependency of its Secret Manager library; 64 KiB, the largest
payload, take 10 ms here, and a pair of keys some microseconds.
"""

from __future__ import annotations

from functools import cache
from typing import Final

__all__ = ["crc32c"]

_POLYNOMIAL: Final = 0x82F63B78  # Castagnoli's, reflected. Source: RFC 3720, appendix B.4
_ALL: Final = 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Return the checksum, from 0 to 2**32 - 1."""
    table, crc = _table(), _ALL
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ _ALL


@cache
def _table() -> tuple[int, ...]:
    return tuple(_divided(byte) for byte in range(256))


def _divided(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value
