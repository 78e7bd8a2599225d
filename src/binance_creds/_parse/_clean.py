"""What is stripped from a pasted value, and which characters are refused in it.

A value is judged as the bytes that its `Secret` holds, so that no copy of it is left behind.
"""

from __future__ import annotations

from binance_creds._late import re
from binance_creds._secret import Secret, cut, plain_bytes
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

__all__ = [
    "OBSERVED_LENGTH",
    "edges",
    "is_pem",
    "looks_random",
    "refuse_bad_character",
    "refuse_comment",
    "secret_of",
    "stripped",
    "trimmed",
    "usual_fields",
]

# ASCII white space and the byte order mark only: str.strip() would also hide a no-break space.
_EDGES: Final = " \t\r\n\f\v\ufeff"
_WHITE: Final = _EDGES[:-1].encode()
_MARK: Final = _EDGES[-1].encode()
_QUOTES: Final = "\"'"
_PEM_IN_BASE64: Final = (b"LS0tLS1CRUdJTi", b"TFMwdExTMUNSVWRKVG")  # once and twice
_CURLY: Final = (
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb\uff02\uff07"
)
OBSERVED_LENGTH: Final = 64  # of every key and secret in Binance's samples; promised nowhere
_LAST_DIGIT: Final = ord("9")
_OTHER_CASE: Final = ord("a") ^ ord("A")
_LONGEST_WORD: Final = 32  # longer than any placeholder without punctuation
# As a `.env` may end a line. A key of 64 letters and digits needs no space before it.
_COMMENT: Final = rb"[^\s#]+(\s|\xc2\xa0)+(#|//|;|--)|[A-Za-z0-9]{64}[\"']?#"

Plain = bytes | bytearray


def is_pem(plain: Plain) -> bool:
    """Return whether a value is PEM, or base64 of it, rather than an HMAC secret."""
    return b"-----BEGIN " in plain or plain.startswith(_PEM_IN_BASE64)


def looks_random(plain: Plain) -> bool:
    """Return whether a value can be no placeholder and no reference to another one."""
    if not plain.isalnum() or len(plain) <= _LONGEST_WORD:  # of bytes: ASCII alone
        return False
    first = plain[0]
    if first in b"yY" and plain[:4].lower() == b"your":
        return False
    others = len(plain) - plain.count(first)  # than the first, in either case
    return others > 0 and (first <= _LAST_DIGIT or others > plain.count(first ^ _OTHER_CASE))


def stripped(text: str) -> str:
    """Return the text without edge white space, byte order mark and one matching pair of quotes."""
    text = text.strip(_EDGES)
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        text = text[1:-1].strip(_EDGES)
    return text


def trimmed(secret: Secret) -> Secret:
    """Return a secret without what `stripped` takes away; itself if that is nothing."""
    plain = plain_bytes(secret)
    start, stop = edges(plain)
    return secret if stop - start == len(plain) else Secret(cut(plain, start, stop))


def edges(plain: Plain) -> tuple[int, int]:
    """Return where begins and ends what `stripped` leaves."""
    if plain.isalnum():
        return 0, len(plain)
    start, stop = _without_white(plain, 0, len(plain))
    if stop - start > 1 and plain[start] == plain[stop - 1] and chr(plain[start]) in _QUOTES:
        return _without_white(plain, start + 1, stop - 1)
    return start, stop


def _without_white(plain: Plain, start: int, stop: int) -> tuple[int, int]:
    while start < stop:
        if plain[start] in _WHITE:
            start += 1
        elif plain.startswith(_MARK, start, stop):
            start += len(_MARK)
        else:
            break
    while start < stop:
        if plain[stop - 1] in _WHITE:
            stop -= 1
        elif plain.endswith(_MARK, start, stop):
            stop -= len(_MARK)
        else:
            break
    return start, stop


def secret_of(value: Secret | str | bytes, field: str, *, name: str | None = None) -> Secret:
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
    elif not (plain := plain_bytes(secret)).isalnum() and _is_empty(plain):
        reason, what, hint = "empty", "is set but empty", "Give it a value, or remove it."
    else:
        return secret
    raise MalformedSecretError(f"{name} {what}.", reason=reason, field=field, hint=hint)


def usual_fields(fields: Mapping[str, Secret]) -> set[str]:
    """Return the fields that look like every API key and secret seen so far, as they stand.

    Raises:
        MalformedSecretError: a field is empty. The caller raises it anew.
    """
    plain = {field: plain_bytes(secret) for field, secret in fields.items()}
    for field, value in plain.items():
        if not value.isalnum() and _is_empty(value):
            secret_of(fields[field], field)
    return {it for it in plain if len(plain[it]) == OBSERVED_LENGTH and looks_random(plain[it])}


def _is_empty(plain: Plain) -> bool:
    start, stop = edges(plain)
    return start == stop


def refuse_bad_character(plain: Plain, field: str, *, allowed: str = "") -> None:
    """Refuse any character that is not printable ASCII.

    The error gives the position, counted from 1, and the Unicode category, which tell a zero-width
    space from a homoglyph without showing anything; what has a name of its own is named. The caller
    raises it anew: this frame holds plaintext.

    Args:
        plain: what was stripped.
        field: name for the error.
        allowed: further characters that are fine, such as line ends in a PEM.

    Raises:
        MalformedSecretError: reason `comment` or `bad_character`.
    """
    if plain.isalnum():
        return
    if not allowed:
        refuse_comment(plain, field)
    bad = re.search(rb"[^!-~%s]" % re.escape(allowed.encode()), plain)
    if bad is None:
        return
    import unicodedata  # noqa: PLC0415  # only a bad value needs it

    before = sum(byte & 0xC0 != 0x80 for byte in memoryview(plain)[: bad.start()])  # noqa: PLR2004  # UTF-8
    character = plain[bad.start() : bad.start() + 4].decode(errors="ignore")[0]
    raise MalformedSecretError(
        f"{field} has {_described(character)} at position {before + 1} (Unicode category"
        f" {unicodedata.category(character)}), which no key contains.",
        reason="bad_character",
        field=field,
        hint="Copy the value again as plain text; curly quotes, invisible spaces and look-alike"
        " letters often come from a chat or a document.",
    )


def refuse_comment(plain: Plain, field: str) -> None:
    """Refuse a value with the comment of its line behind it.

    Raises:
        MalformedSecretError: reason `comment`.
    """
    if re.match(_COMMENT, plain):
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
