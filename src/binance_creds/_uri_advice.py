"""What to write instead of what is no source; imported only where something is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

__all__ = ["advice"]

_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d\u00ab"
_NO_JSON: Final = (
    " It looks like JSON: a source says where credentials are. Write them into a file, and its path"
    " behind file:."
)


def advice(given: object) -> str:
    """Return a sentence with a space before it, or nothing; what was given may be a key."""
    if isinstance(given, os.PathLike):
        scheme = "dotenv" if str(given).endswith(".env") else "file"
        return f' Write f"{scheme}:{{path}}".'
    if isinstance(given, Mapping):
        return (
            " A source says where credentials are; to hand them over, use"
            " providers.memory.register(NAME, fields) and the source memory:NAME."
        )
    return _advice_on_text(given) if isinstance(given, str) else ""


def _advice_on_text(text: str) -> str:
    scheme, colon, _ = text.partition(":")
    told = {
        " It is in quotes: write it without them.": text[:1] in tuple(_QUOTES),
        " There is white space around it: take it off.": text != text.strip(),
        _NO_JSON: text[:1] in {"{", "["},
        " It looks like a key: a source says where credentials are.": text.startswith("-----"),
        " Write the scheme in lower case.": colon and scheme.isupper() and len(scheme) > 1,
        " Write dotenv: before the path of a .env file.": text.endswith(".env"),
        " Write file: before a path.": "/" in text or "\\" in text,
    }
    return next((sentence for sentence, is_so in told.items() if is_so), "")
