"""Recognise what stands in a template where a key should be."""

from __future__ import annotations

import re
from typing import Final

from binance_creds.errors import MalformedSecretError

__all__ = ["refuse_placeholder"]

_VARIABLE: Final = re.compile(r".*(\$\{|\$\(|\{\{|%\().*|\$[A-Z_][A-Z0-9_]*|%[A-Z_][A-Z0-9_]*%")
_TEMPLATE: Final = re.compile(
    r"<.*>|\[.*\]"
    r"|(.)\1*"  # one character all over
    r"|[x*.#_-]+"  # groups of fillers
    r"|(your|my|the|insert|enter|paste|replace|put)[-_ ].*"
    r"|(your|my)?(binance)?[-_]?(api)?[-_]?(key|secret)([-_]?here)?"
    r"|your(api|secret|key|binance|private)\w*"
    r"|change[-_]?me|placeholder|todo|fixme|none|null|undefined|example|dummy|test",
    re.IGNORECASE,
)


def refuse_placeholder(text: str, field: str) -> None:
    """Refuse a value that is still a template.

    A pattern needs a character or a whole word that 64 random letters and digits do not make.
    The caller raises anew: this frame holds plaintext.

    Raises:
        MalformedSecretError: reason `unexpanded_variable` or `placeholder`.
    """
    if _VARIABLE.fullmatch(text):
        raise MalformedSecretError(
            f"{field} holds a variable that nothing has replaced.",
            reason="unexpanded_variable",
            field=field,
            hint="This library expands no variables; let the tool that writes the value do it.",
        )
    if _TEMPLATE.fullmatch(text):
        raise MalformedSecretError(
            f"{field} is still a placeholder.",
            reason="placeholder",
            field=field,
            hint="Put the real value there.",
        )
