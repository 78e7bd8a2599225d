"""What a message of Redis says: three words at most, of which none may be a key."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from binance_creds.providers._announcements import Announcement

__all__ = ["announcement_of", "checked"]

_LONGEST: Final = 4_096  # bytes of a message
_LONGEST_WORD: Final = 512  # characters; AWS allows names of this length, the others less
_KEY: Final = re.compile(r"[A-Za-z0-9]{64}")  # an API key or a secret that was sent by mistake
_MEMBERS: Final = frozenset(Announcement._fields)


def announcement_of(message: Any) -> Announcement | None:
    """Return what a message of a channel or an entry of a stream announces, if it is one."""
    try:
        return checked(_members_of(message))
    except (ValueError, RecursionError):  # no UTF-8, no JSON, or nested without end
        return None


def _members_of(message: Any) -> Any:
    if isinstance(message, dict):
        return {name.decode(): word.decode() for name, word in message.items()}
    if len(message) > _LONGEST:
        return None
    text = message.decode().strip()
    return json.loads(text) if text.startswith("{") else {"name": text}


def checked(members: Any) -> Announcement | None:
    """Return the announcement of three words, of which none need be there; else `None`."""
    if members is None or not members.keys() <= _MEMBERS:
        return None
    words = {name: None if word == "" else word for name, word in members.items()}
    return Announcement(**words) if all(map(_is_word, words.values())) else None


def _is_word(word: object) -> bool:
    if not isinstance(word, str):
        return word is None
    return len(word) <= _LONGEST_WORD and word.isprintable() and not _KEY.fullmatch(word)
