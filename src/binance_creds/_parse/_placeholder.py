"""Recognise what stands in a template where a key should be."""

from __future__ import annotations

import re
from typing import Final

from binance_creds.errors import MalformedSecretError

__all__ = ["refuse_placeholder"]

_VARIABLE: Final = r".*(\$\{|\$\(|\{\{|%\().*|\$[A-Z_][A-Z0-9_]*|%[A-Z_][A-Z0-9_]*%"
_TEMPLATE: Final = (
    r"(?i)<.*>|\[.*\]"
    r"|(.)\1*"  # one character all over
    r"|[x*.#_-]+"  # groups of fillers
    r"|(your|my|the|insert|enter|paste|replace|put)[-_ ].*"
    r"|(your|my)?(binance)?[-_]?(api)?[-_]?(key|secret)([-_]?here)?"
    r"|your(api|secret|key|binance|private)\w*"
    r"|change[-_]?me|placeholder|todo|fixme|none|null|undefined|example|dummy|test"
)
_LONGEST_WORD: Final = 32  # longer than any that the template needs no punctuation for


def refuse_placeholder(text: str, field: str) -> None:
    """Refuse a value that is still a template.

    A pattern needs a character or a whole word that 64 random letters and digits do not make.
    The caller raises anew: this frame holds plaintext.

    Raises:
        MalformedSecretError: reason `unexpanded_variable` or `placeholder`.
    """
    if _is_usual(text):
        return
    if re.fullmatch(_VARIABLE, text):
        raise MalformedSecretError(
            f"{field} holds a variable that nothing has replaced.",
            reason="unexpanded_variable",
            field=field,
            hint="This library expands no variables; let the tool that writes the value do it.",
        )
    if re.fullmatch(_TEMPLATE, text):
        raise MalformedSecretError(
            f"{field} is still a placeholder.",
            reason="placeholder",
            field=field,
            hint="Put the real value there.",
        )


def _is_usual(text: str) -> bool:
    """Return whether neither pattern can match: most programs never need to compile them."""
    word = text.lower()
    is_word = word.isascii() and word.isalnum() and len(word) > _LONGEST_WORD
    return is_word and len(set(word)) > 1 and not word.startswith("your")
