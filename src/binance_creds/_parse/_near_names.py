"""Names that were probably meant for a field, and a variable's name where its prefix belongs."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from binance_creds._parse._names import SPELLINGS, folded, listed
from binance_creds._raw import SIGNING_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from binance_creds._parse._names import Names

__all__ = ["near", "prefix_in"]

# Without the short spellings: a prefix may well end in KEY or SECRET.
_VARIABLE: Final = (
    r"(?i)(.+?)_(api_?key|api_?secret(_?key)?|secret_?key|private_?key(_?passphrase)?|signer)"
    r"(_file)?"
)
_SHOWN: Final = r"[A-Za-z][A-Za-z0-9_.-]{0,47}"  # a longer one may be a pasted key
_TELLING: Final = ("key", "secret", "pem", "file")
_MOST_SHOWN: Final = 4
_SIMILAR: Final = 0.85  # of difflib: one or two letters wrong, missing or swapped


def near(found: Iterable[str], names: Names) -> str:
    """Return a part of a sentence about names that were probably meant, or nothing.

    Only names are given, and of these only what cannot be a pasted key.
    """
    near = sorted(name for name in found if re.fullmatch(_SHOWN, name) and _is_near(name, names))
    if len(near) > _MOST_SHOWN:
        near[_MOST_SHOWN:] = [f"{len(near) - _MOST_SHOWN} more"]
    return f"; found {listed(near)}" if near else ""


def prefix_in(text: str) -> str | None:
    """Return the prefix of a variable's name, or `None` if the text is no such name."""
    variable = re.fullmatch(_VARIABLE, text)
    return None if variable is None else variable[1]


def _is_near(name: str, names: Names) -> bool:
    text = folded(name)
    if names.field(name) is not None:
        return False
    if SPELLINGS.get(text) in SIGNING_FIELDS:
        return True
    if names.starts(name) and any(word in text for word in _TELLING):
        return True
    ours = (folded(names.prefix) + spelling for spelling in SPELLINGS)
    return any(SequenceMatcher(None, text, one).ratio() > _SIMILAR for one in ours)
