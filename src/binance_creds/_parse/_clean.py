"""What is stripped from a pasted value, and which characters are refused in it."""

from __future__ import annotations

import re
from typing import Final

from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

__all__ = [
    "is_pem",
    "looks_random",
    "refuse_bad_character",
    "refuse_comment",
    "secret_of",
    "stripped",
]

# ASCII white space and the byte order mark only: str.strip() would also hide a no-break space.
_EDGES: Final = " \t\r\n\f\v\ufeff"
_QUOTES: Final = "\"'"
_PEM_IN_BASE64: Final = ("LS0tLS1CRUdJTi", "TFMwdExTMUNSVWRKVG")  # once and twice
_CURLY: Final = (
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb\uff02\uff07"
)
_LONGEST_WORD: Final = 32  # longer than any placeholder without punctuation
# As a `.env` may end a line. A key of 64 letters and digits needs no space before it.
_COMMENT: Final = r"[^\s#]+\s+#|[A-Za-z0-9]{64}[\"']?#"


def is_pem(text: str) -> bool:
    """Return whether a value is PEM, or base64 of it, rather than an HMAC secret."""
    return "-----BEGIN " in text or text.startswith(_PEM_IN_BASE64)


def looks_random(text: str) -> bool:
    """Return whether a value can be no placeholder and no reference to another one."""
    word = text.lower()
    is_word = word.isascii() and word.isalnum() and len(word) > _LONGEST_WORD
    return is_word and len(set(word)) > 1 and not word.startswith("your")


def stripped(text: str) -> str:
    """Return the text without edge white space, byte order mark and one matching pair of quotes."""
    text = text.strip(_EDGES)
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        text = text[1:-1].strip(_EDGES)
    return text


def secret_of(value: Secret | str, field: str, *, name: str | None = None) -> Secret:
    """Return a value that a source gives to a field.

    Args:
        value: as it was read.
        field: the field.
        name: under which it was found; the field's own by default.

    Raises:
        MalformedSecretError: it is empty, or not text. The caller raises it anew: this frame holds
            plaintext.
    """
    name = name or field
    try:
        secret = value if isinstance(value, Secret) else Secret(value)
    except MalformedSecretError:  # a byte that the system could not decode, a lone surrogate
        secret = None
    if secret is None:
        reason, what, hint = "not_utf8", "is not UTF-8 text", "Write it again as UTF-8."
    elif not stripped(secret.reveal()):
        reason, what, hint = "empty", "is set but empty", "Give it a value, or remove it."
    else:
        return secret
    raise MalformedSecretError(f"{name} {what}.", reason=reason, field=field, hint=hint)


def refuse_bad_character(text: str, field: str, *, allowed: str = "") -> None:
    """Refuse any character that is not printable ASCII.

    The error gives the position, counted from 1, and the Unicode category, which tell a zero-width
    space from a homoglyph without showing anything; what has a name of its own is named. The caller
    raises it anew: this frame holds plaintext.

    Args:
        text: stripped plaintext.
        field: name for the error.
        allowed: further characters that are fine, such as line ends in a PEM.

    Raises:
        MalformedSecretError: reason `comment` or `bad_character`.
    """
    if text.isascii() and text.isalnum():
        return
    if not allowed:
        refuse_comment(text, field)
    for position, character in enumerate(text, start=1):
        if "!" <= character <= "~" or character in allowed:
            continue
        import unicodedata  # noqa: PLC0415  # only a bad value needs it

        raise MalformedSecretError(
            f"{field} has {_described(character)} at position {position} (Unicode category"
            f" {unicodedata.category(character)}), which no key contains.",
            reason="bad_character",
            field=field,
            hint="Copy the value again as plain text; curly quotes, invisible spaces and look-alike"
            " letters often come from a chat or a document.",
        )


def refuse_comment(text: str, field: str) -> None:
    """Refuse a value with the comment of its line behind it.

    Raises:
        MalformedSecretError: reason `comment`.
    """
    if "#" in text and re.match(_COMMENT, text):
        raise MalformedSecretError(
            f"{field} has a comment behind its value.",
            reason="comment",
            field=field,
            hint="Put the comment on a line of its own: Docker's --env-file and systemd take it for"
            " a part of the value.",
        )


def _described(character: str) -> str:
    if character in _CURLY:
        return "a curly quote"
    if character in " \t\r\n":
        return "a space or line end"
    return "an invisible or foreign character"
