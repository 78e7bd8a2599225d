"""Private keys, and text whose lines are base64: keys of PEM, certificates, attachments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds.scan._find._around import Place

__all__ = ["armoured", "is_of_base64_lines", "private_keys"]

_DASHES: Final = b"-----BEGIN "
_ARMOUR: Final = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----(.{0,16384}?)-----END \1-----", re.DOTALL
)
_PRIVATE: Final = b"PRIVATE KEY"
_LEAST_BODY: Final = 40  # characters of the shortest private key, and no placeholder
_BODY: Final = re.compile(rb"[A-Za-z0-9+/=]{20,}")
_LINE_END: Final = re.compile(rb"(?:\\+r)?(?:\\+n|\r?\n|\r)")
_AROUND: Final = b" \t\"',+\\>|#*"
_LEAST_LINE: Final = 32
_CELL: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_NOT_IN_KEYS: Final = re.compile(rb"[+/_-]|=\Z")
_FAR: Final = 700  # bytes


def armoured(text: bytes) -> list[tuple[int, int]]:
    """Return where blocks between BEGIN and END are."""
    if _DASHES not in text:
        return []
    return [found.span() for found in _ARMOUR.finditer(text)]


def private_keys(text: bytes) -> Iterator[tuple[int, int]]:
    """Return where private keys are that have a body."""
    if _PRIVATE not in text:
        return
    for found in _ARMOUR.finditer(text):
        if found[1].endswith(_PRIVATE):
            body = b"".join(_BODY.findall(found[2].replace(b"\\n", b"\n")))
            if len(body) >= _LEAST_BODY and len(set(body)) > _LEAST_BODY // 4:
                yield found.span()


def is_of_base64_lines(place: Place) -> bool:
    """Whether the lines beside a value, which has its own, go on with base64."""
    text = place.text
    after = _LINE_END.split(text[place.stop : place.stop + _FAR])
    before = _LINE_END.split(text[max(0, place.start - _FAR) : place.start])[::-1]
    if before[0].strip(_AROUND) or after[0].strip(_AROUND):
        return False
    return _go_on(before[1:]) or _go_on(after[1:])


def _go_on(lines: list[bytes]) -> bool:
    for line in lines:
        cell = line.strip(_AROUND.replace(b"+", b""))
        if cell.startswith(b"-----"):
            return True
        if not _CELL.fullmatch(cell):
            return False
        if _NOT_IN_KEYS.search(cell):
            return len(cell) >= _LEAST_LINE or cell.endswith(b"=")
        if len(cell) < _LEAST_LINE:
            return False
    return False
