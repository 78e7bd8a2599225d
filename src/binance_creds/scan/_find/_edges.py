"""What touches a run of letters and digits: an escape, or more of a longer value."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["after_escape", "is_clean"]

_NEAR: Final = 24  # bytes
# What an escape leaves at the beginning of a run, by what stands before it.
_ESCAPES: Final = (
    (re.compile(rb"%\Z"), re.compile(rb"(?:25)*[0-9A-Fa-f]{2}")),
    (re.compile(rb"=\Z"), re.compile(rb"3D(?=[A-Za-z0-9]{64}(?![A-Za-z0-9]))")),
    (re.compile(rb"\\\Z"), re.compile(rb"u00[0-9A-Fa-f]{2}|x[0-9A-Fa-f]{2}|[nrtbfv0]")),
    (re.compile(rb"(?:\x1b|\\x1b|\\u001b|\\033|\\e)\[[0-9;]*\Z"), re.compile(rb"[0-9]*m")),
)
# A character of base64, of a path or of a name, as it is or escaped.
_MORE: Final = rb"[+/_-]|\\+/|(?:%|\\+u00|\\+x)(?:2[BbFfDd]|5[Ff])"
_IN_DIFF: Final = re.compile(rb"(?:\A|\n)[+-]\Z")
_MORE_BEFORE: Final = re.compile(rb"(?:%s|[A-Za-z0-9_-]\.)\Z" % _MORE)
_MORE_AFTER: Final = re.compile(rb"%s|\.[A-Za-z0-9_-]" % _MORE)


def after_escape(text: bytes, start: int) -> int:
    """Return where a run really begins: after `n` of a line end, `3D` of an escaped `=`."""
    before = text[max(0, start - _NEAR) : start]
    for known, rest in _ESCAPES:
        if known.search(before) and (found := rest.match(text, start)):
            return found.end()
    return start


def is_clean(text: bytes, start: int, stop: int) -> bool:
    """Whether it is a word of its own, and not a part of base64, of a path, of a longer name."""
    before = text[max(0, start - _NEAR) : start]
    if _MORE_AFTER.match(text, stop):
        return False
    return not _MORE_BEFORE.search(before) or _IN_DIFF.search(before) is not None
