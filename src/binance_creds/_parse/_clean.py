"""What is stripped from a pasted value, and which characters are refused in it."""

from __future__ import annotations

from typing import Final

from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

__all__ = ["is_pem", "refuse_bad_character", "secret_of", "stripped"]

# ASCII white space and the byte order mark only: str.strip() would also hide a no-break space.
_EDGES: Final = " \t\r\n\f\v\ufeff"
_QUOTES: Final = "\"'"


def is_pem(text: str) -> bool:
    """Return whether a value is PEM rather than an HMAC secret."""
    return "-----BEGIN " in text


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
    space from a homoglyph without showing anything. The caller raises it anew: this frame holds
    plaintext.

    Args:
        text: stripped plaintext.
        field: name for the error.
        allowed: further characters that are fine, such as line ends in a PEM.

    Raises:
        MalformedSecretError: reason `bad_character`.
    """
    for position, character in enumerate(text, start=1):
        if "!" <= character <= "~" or character in allowed:
            continue
        import unicodedata  # noqa: PLC0415  # only a bad value needs it

        raise MalformedSecretError(
            f"{field} has a character at position {position} (Unicode category"
            f" {unicodedata.category(character)}) that no key contains.",
            reason="bad_character",
            field=field,
            hint="Copy the value again as plain text; invisible spaces and look-alike letters"
            " often come from a chat or a document.",
        )
