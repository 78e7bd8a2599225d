"""Parse what is written where one source belongs, or in the variable that holds several."""

from __future__ import annotations

import re
from typing import Final

from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError

__all__ = ["parsed_source", "parsed_variable"]

_VARIABLE: Final = "BINANCE_CREDS_SOURCE"
# What separates sources in other programs, before another source or at the end.
_JOINED: Final = r"[,;\s]\s*(?:([a-z][a-z0-9-]{0,23}):|$)"


def parsed_source(text: str) -> SourceURI:
    """Parse one source.

    Raises:
        ConfigurationError: as `SourceURI.parse`, or there are several; the text is not repeated.
    """
    if _is_joined(text):
        msg = "there are several sources in one text."
        hint = "Write a list, with each of them as a text of its own."
        raise ConfigurationError(msg, hint=hint)
    return SourceURI.parse(text)


def parsed_variable(text: str) -> tuple[SourceURI, ...]:
    """Parse what the variable holds.

    Raises:
        ConfigurationError: it names the variable.
    """
    words = text.split() if text[:1] not in {"{", "["} else [text]  # JSON is no list of words
    if any(map(_is_joined, words)):
        msg = f"{_VARIABLE}: sources are separated by white space, not by ',' or ';'."
        raise ConfigurationError(msg)
    if any(word.startswith("#") for word in words):
        msg = f"{_VARIABLE}: there is a comment behind the source."
        raise ConfigurationError(msg, hint="Remove it: Docker and systemd keep it in the value.")
    try:
        return tuple(map(SourceURI.parse, words))
    except ConfigurationError as error:
        reason, hint = error.message, error.hint
    if len(words) > 1:
        hint = f"{hint} Sources are separated by white space: for a space in a name write %20."
    raise ConfigurationError(f"{_VARIABLE}: {reason}", hint=hint)


def _is_joined(text: str) -> bool:
    if not re.search(r"[,;\s]", text):
        return False
    from binance_creds.providers._options import SCHEMES  # noqa: PLC0415  # few texts get here

    return any(not found[1] or found[1] in SCHEMES for found in re.finditer(_JOINED, text.strip()))
