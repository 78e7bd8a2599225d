"""Decide whether 64 letters and digits look like a key by themselves."""

from __future__ import annotations

from binascii import a2b_base64
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from math import log2
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from binance_creds.scan._find._runs import RUN

__all__ = ["is_hex_key", "is_mixed_key", "is_published"]

_LEAST_DIGITS: Final = 3  # 0.12 % of real keys have fewer
_LEAST_DISTINCT: Final = 28
_LEAST_ENTROPY: Final = 4.6  # bits a character
_HEX: Final = b"0123456789abcdef"
_LEAST_HEX: Final = 10  # distinct digits
# Of the 63 pairs of a random key, 11 are two small letters (deviation 3), and 2 follow each other.
_WORDS: Final = 30
_ALPHABET: Final = 16
_ORDERED_HEX: Final = 28  # of hexadecimal digits 7 pairs do (deviation 3)
_PIECE: Final = 6  # characters that a random key does not repeat

# SHA-256 of keys and secrets in the documentation of Binance: spot ("SIGNED endpoint examples") and
# futures, as published on 2026-11-26.
_PUBLISHED: Final = frozenset(
    {
        "88a07940499df805e429410fb07b23408a5375962ad3960210e7c2c7aac67779",
        "f70a225fd07a0050137e0a9dcf2d366ff495fbad326f182eb5104bbeb99dd537",
        "5ba1ed8425baaa72d558afddb8aaacdfe29ad0dc1a44dae76640127e83626d29",
        "23e9efa3ced6e70c7f2dbe0d08295f18f94b0cbd5c6026677e3bc51897ee31f2",
        "1fbf6d20358e3554bec0ce4baf6ddd166cdc09e02b14833151082dd81ac2a2df",
        "c2cdb5350be92a49d4d191ad931ad58083eb11cf4b96efc0a8256341faf79cce",
    }
)


def is_published(value: bytes) -> bool:
    """Whether it is an example in the documentation of Binance."""
    return sha256(value).hexdigest() in _PUBLISHED


def is_mixed_key(value: bytes) -> bool:
    """Whether it looks like a key of capital and small letters and digits."""
    if value.isalpha() or value.islower() or value.isupper() or value.isdigit():
        return False
    counts = Counter(value)
    digits = sum(counts[code] for code in b"0123456789")
    if digits < _LEAST_DIGITS or len(counts) < _LEAST_DISTINCT or _entropy(counts) < _LEAST_ENTROPY:
        return False
    return not (_is_written(value) or _is_repeated(value) or _is_text_in_base64(value))


def is_hex_key(value: bytes) -> bool:
    """Whether it looks like a key of the futures testnet: small hexadecimal digits."""
    if value.translate(None, _HEX) or value.isdigit() or value.isalpha():
        return False
    return len(set(value)) >= _LEAST_HEX and not (
        _is_ordered(value, _ORDERED_HEX) or _is_repeated(value)
    )


def _entropy(counts: Counter[int]) -> float:
    return log2(RUN) - sum(many * log2(many) for many in counts.values()) / RUN


def _is_written(value: bytes) -> bool:
    """Whether it is made of words, as names in camel case are, or of an alphabet."""
    small, capital = (
        sum(left and right for left, right in pairwise(code in case for code in value))
        for case in (ascii_lowercase.encode(), ascii_uppercase.encode())
    )
    return max(small, capital) >= _WORDS or _is_ordered(value)


def _is_ordered(value: bytes, most: int = _ALPHABET) -> bool:
    return sum(abs(two - one) == 1 for one, two in pairwise(value)) >= most


def _is_repeated(value: bytes) -> bool:
    pieces = [value[start : start + _PIECE] for start in range(len(value) - _PIECE + 1)]
    return len(set(pieces)) < len(pieces)


def _is_text_in_base64(value: bytes) -> bool:
    """Whether it is base64 of text, as parts of JWTs are; of random bytes few are ASCII."""
    return a2b_base64(value).isascii()
