"""The rules: what a run of letters and digits is, by itself and by what stands near it."""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from binance_creds.scan._find._around import Place
from binance_creds.scan._find._blocks import armoured, is_of_base64_lines, private_keys
from binance_creds.scan._find._edges import after_escape, is_clean
from binance_creds.scan._find._names import (
    is_of_key,
    is_of_other,
    says_object_before,
    says_other_before,
)
from binance_creds.scan._find._runs import ALNUM, RUN, marked, runs
from binance_creds.scan._find._value import is_hex_key, is_mixed_key, is_published

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Confidence", "Hit", "generic_hits"]

Confidence = Literal["high", "medium"]
_KEY: Final = "binance-key"
_TESTNET: Final = "binance-testnet-key"
_BASE64: Final = "binance-key-base64"
_PRIVATE: Final = "binance-private-key"
_ENCODED: Final = (86, 88)  # characters of base64 of 64, without and with padding that is escaped
_LONGEST: Final = RUN + 12  # with what an escape leaves before it
_FRAGMENT: Final = re.compile(rb"https?://[^\s\"'<>]*#[^\s\"'<>]*\Z")


class Hit(NamedTuple):
    """Something in a text.

    Attributes:
        start: its first byte.
        stop: the byte after its last one.
        rule: which rule it is by.
        confidence: how sure.
    """

    start: int
    stop: int
    rule: str
    confidence: Confidence


def generic_hits(text: bytes, begin: int, end: int) -> Iterator[Hit]:
    """Return what looks like a key of Binance and starts between two places of a text.

    Args:
        text: any bytes.
        begin: a run that starts before is left out.
        end: so is one that starts here or later.
    """
    for start, stop in private_keys(text):
        place = Place(text, start, stop)
        if begin <= start < end and place.is_near_binance and not place.is_allowed:
            yield Hit(start, stop, _PRIVATE, "high")
    blocks: list[tuple[int, int]] | None = None  # few texts need them
    for left, stop in runs(marked(text), begin):
        if left >= end:
            return
        if stop - left > _LONGEST and stop - left not in _ENCODED:
            continue
        start = after_escape(text, left)
        hit = _judged(Place(text, start, stop)) if is_clean(text, start, stop) else None
        if hit is not None:
            blocks = armoured(text) if blocks is None else blocks
            if not any(first <= start < last for first, last in blocks):
                yield hit


def _judged(place: Place) -> Hit | None:
    rule = _rule_of(place)
    if rule is None or place.is_allowed or is_of_base64_lines(place):
        return None
    if rule == _TESTNET:
        sure = _confidence_of_hex(place)
    else:
        sure = "high" if place.has_context else "medium"
    return Hit(place.start, place.stop, rule, sure) if sure else None


def _rule_of(place: Place) -> str | None:
    """Return the rule by the value, its own name, and the words before it."""
    value, rule = place.value, _KEY
    if len(value) in _ENCODED:
        value, rule = _decoded(value), _BASE64
    if len(value) != RUN or is_published(value):
        return None
    if is_hex_key(value):
        rule = _TESTNET
    elif not is_mixed_key(value):
        return None
    name, before = place.name, place.before
    if (name is not None and is_of_other(name)) or says_other_before(before):
        return None
    return None if _FRAGMENT.search(before) else rule


def _confidence_of_hex(place: Place) -> Confidence | None:
    """Return how sure 64 hexadecimal digits are a key: most are the hash of something."""
    if not place.is_near_binance or place.is_sum_of_file or says_object_before(place.before):
        return None
    name = place.name
    if name is None:
        return "medium"
    return "high" if is_of_key(name) else None


def _decoded(value: bytes) -> bytes:
    """Return what base64 says, if it says letters and digits."""
    plain = a2b_base64(value + b"==")
    return b"" if plain.translate(None, ALNUM) else plain
