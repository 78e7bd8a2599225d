"""The URI of a key in a token, as RFC 7512 has it.

pkcs11:token=bot;object=ed?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin

Attributes of the path say which key, those of the query how to reach it. `SourceURI` cannot read
it: there `;` separates nothing, and an identifier is bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from binance_creds._uri import looks_pasted
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCHEME", "attributes_of", "parsed"]

SCHEME: Final = "pkcs11"

_FORM: Final = (
    "A key in a token is written pkcs11:token=LABEL;object=LABEL?module-path=PATH&pin-source=..."
)
# RFC 7512, section 2.3, in the order in which they are shown.
_PATH: Final = (
    "token", "manufacturer", "model", "serial", "slot-id", "slot-description", "slot-manufacturer",
    "library-manufacturer", "library-description", "library-version", "object", "id", "type",
)  # fmt: skip
_QUERY: Final = ("module-path", "module-name", "pin-source", "timeout")
_MADE_OF: Final = {
    "library-version": (r"\d+(\.\d+)?", "a number such as 2 or 2.6"),
    "slot-id": (r"\d+", "a number"),
    "type": (r"private", "'private', for that is what signs; or leave it out"),
}
_RESERVED: Final = ":[]@!$'()*+,="  # what may stand for itself, besides letters, digits and -._~
_IN_PATH: Final = r"[\w.~:\[\]@!$'()*+,=&%-]+"
_IN_QUERY: Final = r"[\w.~:\[\]@!$'()*+,=/?|%-]+"


class _RefusedError(Exception):
    """Leave the parser; never leaves this module, because its frames hold the text."""


def parsed(text: str) -> tuple[str, dict[str, str]] | ConfigurationError:
    """Return the path in its one canonical form and the attributes of the query, or the error.

    The error is returned, not raised, and repeats nothing: the text may hold a PIN.
    """
    try:
        path, mark, query = text.removeprefix(f"{SCHEME}:").partition("?")
        if "#" in text:
            _refuse("'#' separates nothing here; in a name write %23.")
        return _canonical(path), _options(query) if mark else {}
    except _RefusedError as refused:
        return ConfigurationError(str(refused), hint=_FORM)


def attributes_of(location: str) -> dict[str, bytes]:
    """Return the decoded attributes of a canonical path."""
    pairs = (part.partition("=") for part in location.split(";") if part)
    return {name: unquote_to_bytes(value) for name, _, value in pairs}


def _canonical(path: str) -> str:
    found = _pairs(path, ";", _PATH, _IN_PATH)
    texts: dict[str, str] = {}
    for name, value in found.items():
        if name == "id":
            texts[name] = "".join(f"%{byte:02X}" for byte in unquote_to_bytes(value))
            continue
        plain = _decoded(value)
        pattern, told = _MADE_OF.get(name, (None, ""))
        if pattern and not re.fullmatch(pattern, plain, re.ASCII):
            _refuse(f"the attribute {name!r} must be {told}.")
        if name == "library-version" and "." not in plain:
            plain += ".0"  # section 2.3: a minor version that is left out is 0
        texts[name] = quote(plain, safe=f"{_RESERVED}&")
    return ";".join(f"{name}={texts[name]}" for name in _PATH if name in texts)


def _options(query: str) -> dict[str, str]:
    found = _pairs(query, "&", _QUERY, _IN_QUERY)
    return {name: _decoded(value) for name, value in found.items()}


def _pairs(text: str, separator: str, known: tuple[str, ...], made_of: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            _refuse(
                "`pin-value` is refused: a PIN in a URI is in each place where the URI is; write"
                " it into a file, and `pin-source=file:PATH`."
            )
        if name not in known:
            _refuse(_unknown(name, separator, known))
        if not equals or not value:
            _refuse(f"the attribute {name!r} has no value; leave it out.")
        if name in found:
            _refuse(f"the attribute {name!r} is given twice.")
        if not re.fullmatch(made_of, value, re.ASCII):
            _refuse(f"the attribute {name!r} must be percent-encoded; a space is %20.")
        if re.search(r"%(?![0-9A-Fa-f]{2})", value):
            _refuse("a percent sign is not followed by two hex digits.")
        if looks_pasted(value) or looks_pasted(quote_from_bytes(unquote_to_bytes(value))):
            _refuse(f"the attribute {name!r} looks like an API key or secret, not like a name.")
        found[name] = value
    return found


def _unknown(name: str, separator: str, known: tuple[str, ...]) -> str:
    place = "before" if separator == ";" else "behind"
    other = _QUERY if separator == ";" else _PATH
    if name in other:
        side = "behind" if separator == ";" else "before"
        return f"the attribute {name!r} stands {side} '?'."
    return f"unknown attribute {place} '?'; valid ones: {', '.join(known)}."


def _decoded(text: str) -> str:
    """Undo percent-encoding once; refuse what is left unprintable."""
    try:
        plain = unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        _refuse("percent-encoded bytes are not UTF-8.")
    if not plain.isprintable():
        _refuse("control or invisible characters are not allowed in a signer's URI.")
    return plain


def _refuse(message: str) -> NoReturn:
    raise _RefusedError(message)
