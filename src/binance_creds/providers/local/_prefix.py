"""The prefix of the names that a source reads."""

from __future__ import annotations

import re
from typing import Final

from binance_creds.errors import ConfigurationError

__all__ = ["checked_prefix"]

_OTHERS: Final = "-."  # that names of files and of a .env may have
# Not the short names of sub-accounts: a prefix may well end in KEY or SECRET.
_VARIABLE: Final = (
    r"(?i)(.+?)_(api_?key|api_?secret(_?key)?|secret_?key|private_?key(_?passphrase)?)(_file)?"
)


def checked_prefix(text: str, *, source: str, others: str = _OTHERS) -> str:
    """Return a prefix such as `BINANCE`.

    Args:
        text: what was given.
        source: redacted, for errors.
        others: characters that it may have besides letters, digits and underscores.

    Raises:
        ConfigurationError: it is none, or the name of a variable that has one.
    """
    if not (text.isascii() and text.translate(str.maketrans("", "", others)).isidentifier()):
        msg = "the prefix is the beginning of variables' names, such as BINANCE."
        raise ConfigurationError(msg, source=source)
    variable = re.fullmatch(_VARIABLE, text)
    if variable is not None:
        msg = f"{text} is a variable's name; write its prefix, {variable[1]}."
        raise ConfigurationError(msg, source=source)
    return text
