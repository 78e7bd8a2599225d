"""Change the credentials in a JSON text; every other byte stays as it is.

The frames of this module hold plaintext: the caller raises errors anew.
"""

from __future__ import annotations

import json
import re
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]  # not in typeshed
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._raw import VALUE
from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._parse._names import Names

__all__ = ["edited_json", "new_json"]

_SPACE: Final = r"[ \t\r\n]*"
_DECODER: Final = JSONDecoder()


class _Member(NamedTuple):
    """Where a member stands in the text: its name from `start`, its value from `value` to `end`."""

    name: str
    start: int
    value: int
    end: int


def new_json(fields: Mapping[str, Secret]) -> Secret:
    """Return a document of these fields alone."""
    plain = {name: secret.reveal() for name, secret in fields.items()}
    return Secret(json.dumps(plain, indent=2, ensure_ascii=False) + "\n")


def edited_json(
    text: Secret, fields: Mapping[str, Secret], names: Names, member: str | None
) -> Secret:
    """Return the document with these fields and no other field of a credential.

    Args:
        text: a document that was read.
        fields: the whole credential.
        names: which names are ours.
        member: the object or text to change instead of the document.

    Raises:
        ConfigurationError: one value cannot take the place of a pair, nor the reverse.
    """
    plain = text.reveal()
    begin = _after(plain, 1 if plain.startswith("\ufeff") else 0)
    if member is not None:
        place = next(it for it in _members(plain, begin)[0] if it.name == member)
        if VALUE in fields and plain[place.value] == '"':
            return Secret(plain[: place.value] + _quoted(fields[VALUE]) + plain[place.end :])
        begin = place.value
    if VALUE in fields or plain[begin] != "{":
        msg = "what is stored and what is there are not of one form: a text, or an object."
        raise ConfigurationError(
            msg, hint="Store a pair into an object, and one value into a text."
        )
    members, end = _members(plain, begin)
    head = plain[begin + 1 : members[0].start] if members else "\n  "
    body, at, comma, written = "", begin + 1, f",{head}", set[str]()
    for it in members:
        gap, at = plain[at : it.start], it.end
        field = names.field(it.name)
        if field is not None and field not in fields:
            continue
        comma = gap if "," in gap else comma
        value = plain[it.value : it.end] if field is None else _quoted(fields[field])
        body += f"{comma if body else head}{plain[it.start : it.value]}{value}"
        written.add(field or "")
    for field in (it for it in fields if it not in written):
        name = json.dumps(names.written(field))
        body += f"{comma if body else head}{name}: {_quoted(fields[field])}"
    tail = plain[at : end - 1] if members else "\n"
    return Secret(f"{plain[:begin]}{{{body}{tail}}}{plain[end:]}")


def _members(plain: str, begin: int) -> tuple[list[_Member], int]:
    """Return the members of the object at a place, and where it ends."""
    members, at = list[_Member](), _after(plain, begin + 1)
    while plain[at] != "}":
        name, end = scanstring(plain, at + 1)
        value = _after(plain, _after(plain, end) + 1)  # behind the colon
        stop = _DECODER.raw_decode(plain, value)[1]
        members.append(_Member(name, at, value, stop))
        at = _after(plain, stop)
        if plain[at] == ",":
            at = _after(plain, at + 1)
    return members, at + 1


def _after(plain: str, at: int) -> int:
    """Return where the white space at a place ends."""
    return re.compile(_SPACE).match(plain, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _quoted(value: Secret) -> str:
    return json.dumps(value.reveal(), ensure_ascii=False)
