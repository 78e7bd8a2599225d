"""`.env` lines that mean the same to every parser, read where they lie.

No text is made of a value, no pattern is compiled, and python-dotenv is not imported: what most
files need of it takes longer than all else in a load.
"""

from __future__ import annotations

from binance_creds._secret import Secret, cut, plain_bytes
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from binance_creds._parse._names import Names
    from binance_creds._secret import Buffer

__all__ = ["plain_variables", "read_variables"]

_LONGEST_NAME: Final = 40  # a longer one may be a key on a line of its own, in base64
_BLANKS: Final = b" \t"
_COMMENT: Final = ord("#")
_EXPORT: Final = "export "
_QUOTES: Final = b"\"'"
# Of printable ASCII, what no parser gives a meaning: within quotes, and without them.
_QUOTED: Final = bytes(code for code in range(32, 127) if code not in b"\"'\\")
_UNQUOTED: Final = bytes(code for code in _QUOTED if code not in b" #$`")


def read_variables(text: Secret, names: Names, *, source: str) -> dict[str, Secret]:
    """Return the variables of a `.env` text, with python-dotenv's parser where a line needs it.

    Args:
        text: what the file holds.
        names: which of them are ours.
        source: redacted, for errors.

    Raises:
        CredentialsError: as `read_dotenv` does.
    """
    found = plain_variables(plain_bytes(text))
    if found is None:
        from binance_creds._parse._dotenv_text import read_dotenv  # noqa: PLC0415  # as said above

        found = read_dotenv(text, names, source=source)
    return found


def plain_variables(text: bytes | bytearray) -> dict[str, Secret] | None:
    """Return the variables of a `.env` text; `None` if any of its lines needs a parser.

    Args:
        text: empty lines, comments, and `NAME=value` with or without `export` and quotes. No name
            is given twice, no value has several lines, an escape or a private key.
    """
    if b"\r" in text or b"-----BEGIN" in text:
        return None
    found: dict[str, Secret] = {}
    for start, stop in _lines(text):
        equals = text.find(b"=", start, stop)
        is_named = 0 < equals - start <= _LONGEST_NAME
        name = _name(text[start:equals]) if is_named else None
        if name is None or name in found:
            return None
        value: Buffer | None = cut(text, equals + 1, stop)
        if value and value[0] in _QUOTES:
            value = _unquoted(value)
        elif value and value.translate(None, _UNQUOTED):
            return None
        if value is None:
            return None
        found[name] = Secret(value)
    return found


def _lines(text: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Give where those lines begin and end that are neither empty nor comments."""
    start, end = 0, len(text)
    while start < end:
        stop = text.find(b"\n", start)
        stop = end if stop < 0 else stop
        first = start
        while first < stop and text[first] in _BLANKS:
            first += 1
        if first < stop and text[first] != _COMMENT:
            yield start, stop
        start = stop + 1


def _name(written: bytes | bytearray) -> str | None:
    name = written.decode().removeprefix(_EXPORT) if written.isascii() else ""
    return name if name.isidentifier() else None


def _unquoted(written: Buffer) -> Buffer | None:
    inner = cut(written, 1, max(len(written) - 1, 1))
    is_whole = len(written) > 1 and written[0] == written[-1]
    return inner if is_whole and not inner.translate(None, _QUOTED) else None
